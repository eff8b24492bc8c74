"""Scores of a translator, printed. Imports torch."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from manyheads.cli.files import one_line, write_lines
from manyheads.cli.pairs import Pairs
from manyheads.cli.progress import progress_bar
from manyheads.cli.translators import refuse_long
from manyheads.evaluation.translator import evaluate_translator
from manyheads.inference.translate import Long, Translator


@dataclass(frozen=True, slots=True)
class Scoring:
    """What was asked of `manyheads evaluate`; None stands for what the model's config.json says.

    Attributes:
        tokenize: How BLEU cuts text into words.
        lowercase: Whether case does not count.
        beam: Hypotheses kept at each step.
        length_penalty: The power of the length in the score.
        batch_tokens: About how many source tokens are worked on at once.
        long: What to do with a source that is too long.
        as_json: One object instead of lines for people.
    """

    tokenize: str | None = None
    lowercase: bool | None = None
    beam: int | None = None
    length_penalty: float | None = None
    batch_tokens: int = 4096
    long: Long = "split"
    as_json: bool = False


def evaluate_pairs(translator: Translator, pairs: Pairs, scoring: Scoring, output: Path | None) -> None:
    """Translate, print the scores, and write the translations if asked to.

    Args:
        translator: The model.
        pairs: Sources and references.
        scoring: How to translate and to count.
        output: Where the translations go; None for nowhere.
    """
    decoding = translator.config.decoding
    beam = decoding.beam if scoring.beam is None else scoring.beam
    length_penalty = decoding.length_penalty if scoring.length_penalty is None else scoring.length_penalty
    long = [number for number, text in enumerate(pairs.src) if translator.tokens_over(text)]
    if long and scoring.long == "error":
        advice = "let it be split or truncated (--long)"
        refuse_long(translator, pairs.src[long[0]], pairs.place(long[0]), advice)
    with progress_bar(len(pairs.src), translator.prepared) as advance:
        result = evaluate_translator(
            translator,
            pairs.src,
            pairs.tgt,
            tokenize=scoring.tokenize,
            lowercase=scoring.lowercase,
            batch_tokens=scoring.batch_tokens,
            progress=advance,
            beam=beam,
            length_penalty=length_penalty,
            long=scoring.long,
        )
    if output is not None:
        write_lines(output, (one_line(text) for text in result.hypotheses))
    for warning in (*_cut(long, scoring.long, translator.max_tokens), *result.scores.warnings):
        print(f"manyheads: warning: {warning}", file=sys.stderr)
    if scoring.as_json:
        how = {"beam": beam, "length_penalty": length_penalty}
        print(json.dumps(result.scores.as_dict() | how, ensure_ascii=False))
        return
    print("\n".join(result.scores.lines()))


def _cut(long: list[int], what: Long, limit: int) -> list[str]:
    """Say how many sources were not translated as a whole."""
    if not long or what != "truncate":
        return []
    sources = "1 source was" if len(long) == 1 else f"{len(long):,} sources were"
    return [f"{sources} cut to the {limit} tokens that the model takes"]
