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
from typing import Any, cast

import numpy as np

from manyheads.errors import InputError, RunError
from manyheads.text.cleaning import CleaningRules, Reason
from manyheads.text.corpus import PairSource
from manyheads.text.divided import DividedCorpus, divide
from manyheads.text.marian import SOURCE, MarianTokenizer, marian_files, read_marian_tokenizers
from manyheads.text.parts import (
    PairEncoder,
    PartFiles,
    given_chunks,
    read_part_texts,
    source_hashes,
    write_part,
)
from manyheads.text.report import CorpusReport, PartCounts
from manyheads.text.scan import scan_pairs
from manyheads.text.split import Part
from manyheads.text.subwords import Subwords
from manyheads.text.token_pairs import TokenPairs
from manyheads.text.tokenizer import Tokenizer

Texts = Callable[[], Iterator[str]]
"""Texts that can be gone through as often as need be."""

MakeTokenizers = Callable[[Texts, Texts], tuple[Subwords, Subwords]]
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
        test_fraction: The share that tests if `test` is not given, even if `valid` is; 0: no test part.
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

    def tokenizers(self) -> tuple[Subwords, Subwords]:
        """Load the tokenizers that the token ids were made with.

        Returns:
            The source's and the target's: the same object where they share one.
        """
        if (self.folder / SOURCE).exists():
            return read_marian_tokenizers({path.name: path for path in self.folder.iterdir()})
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
        InputError: If no prepared corpus stands there, or a damaged one.
    """
    if not is_prepared(folder):
        raise InputError(f"{folder} must hold a prepared corpus, but has no {_REPORT}; prepare it again")
    try:
        report = CorpusReport.from_json(json.loads((folder / _REPORT).read_text(encoding="utf-8")))
        train, valid = (TokenPairs.open(folder / name) for name in ("train.arrow", "valid.arrow"))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InputError(f"the prepared corpus in {folder} is damaged ({error}); prepare it again") from error
    return PreparedPairs(folder=folder, train=train, valid=valid, report=report)


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
    corpus = divide(
        scan,
        valid_fraction=0.0 if plan.valid else plan.valid_fraction,
        test_fraction=0.0 if plan.test else plan.test_fraction,
        max_held_out=plan.max_held_out,
    )
    _check_left(plan, corpus)
    train = corpus.rows(Part.TRAIN)
    tokenizers = make_tokenizers(partial(scan.column, "src", train), partial(scan.column, "tgt", train))
    _save_tokenizers(folder, *tokenizers)
    encoder = PairEncoder(*tokenizers, max_tokens=plan.rules.max_tokens)
    given = {Part.TRAIN: None, Part.VALID: plan.valid, Part.TEST: plan.test}
    counts = {part.name.lower(): _write(corpus, part, given[part], encoder, folder) for part in Part}
    _check_left(plan, corpus)
    scan.texts.unlink()
    kept = int((scan.reasons == Reason.KEPT).sum())
    report = CorpusReport(read=len(scan.reasons), kept=kept, removed=corpus.removed(), **counts)
    _write_json(folder / "split.json", corpus.record(given, plan.train))
    _write_json(folder / _REPORT, report.to_json())


def _write(
    corpus: DividedCorpus, part: Part, given: PairSource | None, encoder: PairEncoder, folder: Path
) -> PartCounts:
    """Write one part; rows of the corpus that turn out too long are marked as removed."""
    files = PartFiles(
        tokens=None if part is Part.TEST else folder / f"{part.name.lower()}.arrow",
        texts=None if part is Part.TRAIN else folder / f"{part.name.lower()}.jsonl",
        keep_refused=given is not None,
    )
    chunks = given_chunks(given) if given else corpus.scan.chunks(corpus.rows(part))
    written = write_part(chunks, encoder, files)
    if not given:
        corpus.scan.reasons[written.refused] = written.reasons
    elif part is Part.VALID and written.pairs == len(written.refused):
        raise InputError(
            f"at least one pair to validate on must have text on both sides and at most {encoder.max_tokens} "
            f"tokens, but of the {written.pairs:,} in {_names(given)} none has"
        )
    sources = source_hashes(files.texts) if files.texts else corpus.sources(part)
    learned = np.isin(sources, corpus.sources(Part.TRAIN)) if files.texts else np.zeros(0)
    return PartCounts(
        pairs=written.pairs,
        distinct_sources=len(sources),
        src_tokens=written.src_tokens,
        tgt_tokens=written.tgt_tokens,
        leaked_sources=int(learned.sum()),
        left_out=len(written.refused) if given else 0,
    )


def _check_left(plan: CorpusPlan, corpus: DividedCorpus) -> None:
    if corpus.rows(Part.TRAIN).any():
        return
    reasons = corpus.scan.reasons
    held_out = int((reasons == Reason.KEPT).sum())
    counts = [f"{count:,} {name}" for name, count in corpus.removed().items() if count]
    counts += [f"{held_out:,} held out"] if held_out else []
    raise InputError(
        f"at least one pair must be left to train on, but none is of the {len(reasons):,} in "
        f"{_names(plan.train)}: {', '.join(counts)}"
    )


def _names(source: PairSource) -> str:
    return " and ".join(str(path) for path in source.paths)


def _save_tokenizers(folder: Path, src: Subwords, tgt: Subwords) -> None:
    if isinstance(src, MarianTokenizer) and isinstance(tgt, MarianTokenizer):
        for name, content in marian_files(src, tgt).items():
            (folder / name).write_bytes(content)
        return
    names = (SHARED_TOKENIZER,) if src is tgt else SEPARATE_TOKENIZERS
    for name, tokenizer in zip(names, cast("list[Tokenizer]", [src, tgt]), strict=False):
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
