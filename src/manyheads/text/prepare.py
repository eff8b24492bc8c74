"""From files of pairs to a folder of token ids: read, clean, divide, learn the subwords, tokenise, count.

The folder appears under its name only when it is complete. A killed preparation leaves a folder whose name
begins with `.preparing-`, which the next one removes.
"""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from manyheads.errors import InputError, RunError
from manyheads.text.cleaning import REMOVED, CleaningRules, Reason
from manyheads.text.corpus import PairSource
from manyheads.text.parts import (
    PairEncoder,
    PartFiles,
    given_chunks,
    read_part_texts,
    source_hashes,
    write_part,
)
from manyheads.text.report import CorpusReport, PartCounts
from manyheads.text.scan import Scan, scan_pairs
from manyheads.text.split import Part, choose_parts, held_out_sizes
from manyheads.text.token_pairs import TokenPairs
from manyheads.text.tokenizer import Tokenizer

Texts = Callable[[], Iterator[str]]
"""Texts that can be gone through as often as need be."""

MakeTokenizers = Callable[[Texts, Texts], tuple[Tokenizer, Tokenizer]]
"""From the training part's sources and targets to the tokenizers of both: the same object where shared."""

SHARED_TOKENIZER = "tokenizer.json"
SEPARATE_TOKENIZERS = ("tokenizer.src.json", "tokenizer.tgt.json")
_REPORT = "report.json"


@dataclass(frozen=True, slots=True)
class CorpusPlan:
    """What to prepare, and how.

    Attributes:
        train: The pairs to learn from, and to take the parts from that have no files of their own.
        valid: Pairs to validate on, used as they are.
        test: Pairs to test on, used as they are.
        rules: Which training pairs are removed.
        valid_fraction: The share of the distinct sources that validates if `valid` is not given.
        test_fraction: The share that tests if `test` is not given; 0: there is no test part.
        max_held_out: The most distinct sources that either part gets.
    """

    train: PairSource
    valid: PairSource | None = None
    test: PairSource | None = None
    rules: CleaningRules = field(default_factory=CleaningRules)
    valid_fraction: float = 0.01
    test_fraction: float = 0.01
    max_held_out: int = 2000


@dataclass(frozen=True, slots=True)
class PreparedPairs:
    """A corpus ready to train on.

    Attributes:
        folder: Where it stands.
        train: The training part's token ids.
        valid: The validation part's token ids; none if the corpus was too small for such a part.
        report: What became of the corpus.
    """

    folder: Path
    train: TokenPairs
    valid: TokenPairs
    report: CorpusReport

    def valid_texts(self) -> tuple[list[str], list[str]]:
        """Give the validation part's texts.

        Returns:
            The sources and the targets.
        """
        return read_part_texts(self.folder / "valid.jsonl")

    def test_texts(self) -> tuple[list[str], list[str]]:
        """Give the test part's texts.

        Returns:
            The sources and the targets; none if there is no test part.
        """
        return read_part_texts(self.folder / "test.jsonl")

    def tokenizers(self) -> tuple[Tokenizer, Tokenizer]:
        """Load the tokenizers that the token ids were made with.

        Returns:
            The source's and the target's: the same object where they share one.
        """
        if (shared := self.folder / SHARED_TOKENIZER).exists():
            tokenizer = Tokenizer.load(shared)
            return tokenizer, tokenizer
        src, tgt = (Tokenizer.load(self.folder / name) for name in SEPARATE_TOKENIZERS)
        return src, tgt


def prepare_pairs(plan: CorpusPlan, *, folder: Path, make_tokenizers: MakeTokenizers) -> PreparedPairs:
    """Prepare a corpus, in two passes and without holding it in memory.

    Args:
        plan: What to prepare.
        folder: Where to; a folder that was prepared before is replaced.
        make_tokenizers: Called once, with the cleaned training part's two sides.

    Returns:
        The corpus, opened.

    Raises:
        InputError: If no training pairs are left, or if something else stands in the folder.
    """
    if folder.exists() and not is_prepared(folder):
        raise InputError(f"{folder} must be free for the prepared corpus, but something else stands there")
    with _made_whole(folder) as aside:
        _prepare(plan, aside, make_tokenizers)
    return open_prepared(folder)


def open_prepared(folder: Path) -> PreparedPairs:
    """Open a corpus that was prepared before.

    Args:
        folder: Where it stands.

    Returns:
        The corpus, its token ids mapped into memory.

    Raises:
        InputError: If no prepared corpus stands there.
    """
    if not is_prepared(folder):
        raise InputError(f"{folder} must hold a prepared corpus, but has no {_REPORT}; prepare it again")
    report = json.loads((folder / _REPORT).read_text(encoding="utf-8"))
    return PreparedPairs(
        folder=folder,
        train=TokenPairs.open(folder / "train.arrow"),
        valid=TokenPairs.open(folder / "valid.arrow"),
        report=CorpusReport.from_json(report),
    )


def is_prepared(folder: Path) -> bool:
    """Tell whether a complete prepared corpus stands in a folder.

    Args:
        folder: The folder; it need not exist.

    Returns:
        Whether `open_prepared` will find it.
    """
    return (folder / _REPORT).is_file()


def _prepare(plan: CorpusPlan, folder: Path, make_tokenizers: MakeTokenizers) -> None:
    scan = scan_pairs(plan.train, plan.rules, folder / "texts.arrow")
    parts = _divide(plan, scan)
    train = (scan.reasons == Reason.KEPT) & (parts == Part.TRAIN)
    _check_left(plan, scan, train)
    tokenizers = make_tokenizers(partial(scan.column, "src", train), partial(scan.column, "tgt", train))
    _save_tokenizers(folder, *tokenizers)
    encoder = PairEncoder(*tokenizers, max_tokens=plan.rules.max_tokens)
    counts = {
        part.name.lower(): _write(plan, part, scan, parts, encoder=encoder, folder=folder) for part in Part
    }
    _check_left(plan, scan, (scan.reasons == Reason.KEPT) & (parts == Part.TRAIN))
    scan.texts.unlink()
    kept = int((scan.reasons == Reason.KEPT).sum())
    report = CorpusReport(read=len(scan.reasons), kept=kept, removed=_removed(scan), **counts)
    _write_json(folder / "split.json", _split_record(plan, scan, parts))
    _write_json(folder / _REPORT, report.to_json())


def _divide(plan: CorpusPlan, scan: Scan) -> UInt8[np.ndarray, " rows"]:
    """Give every row its part; a part with files of its own takes nothing."""
    kept = scan.reasons == Reason.KEPT
    num_valid, num_test = held_out_sizes(
        len(np.unique(scan.sources[kept])),
        valid_fraction=0.0 if plan.valid else plan.valid_fraction,
        test_fraction=0.0 if plan.test else plan.test_fraction,
        max_held_out=plan.max_held_out,
    )
    parts = np.full(len(kept), Part.TRAIN, np.uint8)
    parts[kept] = choose_parts(scan.sources[kept], num_valid=num_valid, num_test=num_test)
    return parts


def _write(
    plan: CorpusPlan,
    part: Part,
    scan: Scan,
    parts: UInt8[np.ndarray, " rows"],
    *,
    encoder: PairEncoder,
    folder: Path,
) -> PartCounts:
    """Write one part; rows of the corpus that turn out too long are marked as removed."""
    name = part.name.lower()
    source = {Part.VALID: plan.valid, Part.TEST: plan.test}.get(part)
    files = PartFiles(
        tokens=None if part is Part.TEST else folder / f"{name}.arrow",
        texts=None if part is Part.TRAIN else folder / f"{name}.jsonl",
        keep_refused=source is not None,
    )
    chosen = (scan.reasons == Reason.KEPT) & (parts == part)
    written = write_part(given_chunks(source) if source else scan.chunks(chosen), encoder, files)
    if not source:
        scan.reasons[written.refused] = written.reasons
    train = (scan.reasons == Reason.KEPT) & (parts == Part.TRAIN)
    learned = np.unique(scan.sources[train])
    sources = source_hashes(files.texts) if files.texts else learned
    return PartCounts(
        pairs=written.pairs,
        distinct_sources=len(sources),
        src_tokens=written.src_tokens,
        tgt_tokens=written.tgt_tokens,
        leaked_sources=int(np.isin(sources, learned).sum()) if files.texts else 0,
        left_out=len(written.refused) if source else 0,
    )


def _removed(scan: Scan) -> dict[str, int]:
    return {reason.name.lower(): int((scan.reasons == reason).sum()) for reason in REMOVED}


def _check_left(plan: CorpusPlan, scan: Scan, train: Bool[np.ndarray, " rows"]) -> None:
    if train.any():
        return
    held_out = int((scan.reasons == Reason.KEPT).sum())
    counts = [f"{count:,} {name}" for name, count in _removed(scan).items() if count]
    counts += [f"{held_out:,} held out"] if held_out else []
    files = " and ".join(str(path) for path in plan.train.paths)
    raise InputError(
        f"at least one pair must be left to train on, but of the {len(train):,} in {files} none is: "
        + ", ".join(counts)
    )


def _split_record(plan: CorpusPlan, scan: Scan, parts: UInt8[np.ndarray, " rows"]) -> dict[str, Any]:
    """Say which lines of which files went where."""
    kept = scan.reasons == Reason.KEPT
    record: dict[str, Any] = {}
    for part, given in ((Part.TRAIN, None), (Part.VALID, plan.valid), (Part.TEST, plan.test)):
        rows = np.flatnonzero(kept & (parts == part))
        lines = "all" if given else line_ranges(rows + scan.first_line)
        files = [path.as_posix() for path in (given or plan.train).paths]
        record[part.name.lower()] = {"files": files, "lines": lines}
    record["removed"] = {
        reason.name.lower(): line_ranges(np.flatnonzero(scan.reasons == reason) + scan.first_line)
        for reason in REMOVED
    }
    return record


def line_ranges(numbers: Int64[np.ndarray, " lines"]) -> list[list[int]]:
    """Put ascending numbers together to ranges.

    Args:
        numbers: Line numbers, each once.

    Returns:
        The first and the last number of every gapless range.

    Example:
        >>> line_ranges(np.array([1, 2, 3, 7, 9, 10]))
        [[1, 3], [7, 7], [9, 10]]
    """
    if not len(numbers):
        return []
    ends = np.flatnonzero(np.diff(numbers) != 1)
    firsts, lasts = numbers[np.r_[0, ends + 1]], numbers[np.r_[ends, len(numbers) - 1]]
    return np.stack([firsts, lasts], axis=1).tolist()


def _save_tokenizers(folder: Path, src: Tokenizer, tgt: Tokenizer) -> None:
    if src is tgt:
        src.save(folder / SHARED_TOKENIZER)
        return
    for tokenizer, name in zip((src, tgt), SEPARATE_TOKENIZERS, strict=True):
        tokenizer.save(folder / name)


def _write_json(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


@contextmanager
def _made_whole(folder: Path) -> Iterator[Path]:
    """Give a folder to fill, which takes its place once that is done without an error."""
    aside = folder.with_name(f".preparing-{folder.name}")
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        yield aside
        for path in aside.iterdir():
            with path.open("r+b") as file:
                os.fsync(file.fileno())
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "no space is left on the disk" if full else error.strerror or str(error)
        raise RunError(f"{folder} could not be prepared: {reason}; mend that and start again") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
