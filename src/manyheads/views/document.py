"""All that the explorer's page is told, as plain values: one format for a file, a server and a notebook.

Weights travel beside it, a block for each kind and layer (`wire.deflated`), so that one is fetched, or
unpacked, when it is looked at. `FORMAT_VERSION` counts changes of the format.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Float32

from manyheads.model.tap import Kind
from manyheads.text.tokenizer import SPECIAL_TOKENS
from manyheads.views.beam import Kept
from manyheads.views.calculation import calculate, value_sizes
from manyheads.views.labels import label
from manyheads.views.maps import KINDS, READS, AttentionMaps, KindMaps
from manyheads.views.meaning import Meaning
from manyheads.views.of_pair import TranslationReading, Written
from manyheads.views.patterns import describe
from manyheads.views.reading import Head, Reading, kinds_of
from manyheads.views.wire import deflated, packed

FORMAT, FORMAT_VERSION = "manyheads.explorer", 2
_USUAL_MARKS = frozenset({*SPECIAL_TOKENS, "[CLS]", "[SEP]", "[MASK]", "[PAD]", "<mask>", "<cls>", "<sep>"})


@dataclass(frozen=True)
class Document:
    """What a page shows.

    Attributes:
        described: Plain values, for JSON.
        maps: Whose weights travel beside them.
    """

    described: Mapping[str, object]
    maps: AttentionMaps

    def blocks(self) -> Iterator[tuple[str, int, bytes]]:
        """Pack the weights.

        Yields:
            Kind, layer and the layer's weights.
        """
        for kind, of_kind in self.maps.kinds.items():
            for layer, weights in enumerate(of_kind.weights):
                yield kind, layer, deflated(weights)


@dataclass(frozen=True)
class Start:
    """With what a page opens.

    Attributes:
        view: `grid`, `head`, `steps`, `translation`, `meaning` or `rollout`.
        kind: Which attention; None for the last of encoder, decoder and cross that there is.
        layer: Counted from 0; None for the mean of all.
        head: Counted from 0; None for the mean of all.
        token: Which token's calculation; None for the first that is no special one.
    """

    view: str = "head"
    kind: str | None = None
    layer: int | None = None
    head: int | None = None
    token: int | None = None


def document_of_maps(
    maps: AttentionMaps,
    *,
    start: Start | None = None,
    marks: Mapping[str, Sequence[bool]] | None = None,
    extra: Mapping[str, object] | None = None,
) -> Document:
    """Describe maps of any origin.

    Args:
        maps: The weights with their tokens.
        start: With what the page opens.
        marks: By kind, which columns are special tokens; by default those that are spelt like one.
        extra: What is known beyond the maps.

    Returns:
        The document.
    """
    start = start or Start()
    kind = start.kind or next(known for known in reversed(KINDS) if known in maps.kinds)
    maps.select(kind, start.layer, start.head)  # refuses what is not there
    special = {
        each: list((marks or {}).get(each) or [token in _USUAL_MARKS for token in maps.kinds[each].columns])
        for each in KINDS
        if each in maps.kinds
    }
    described: dict[str, object] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "model": one_line(maps.model),
        "texts": [one_line(text) for text in (maps.src_text, maps.tgt_text) if text is not None],
        "notes": {one_line(name): one_line(note) for name, note in maps.notes.items()},
        "kinds": {each: _kind(each, maps.kinds[each], special[each]) for each in special},
        "heads": {each: _heads(each, maps.kinds[each], special[each]) for each in special},
        "start": {**asdict(start), "kind": kind},
    }
    return Document({**described, **(extra or {})}, maps)


def document_of_reading(
    reading: Reading,
    *,
    start: Start | None = None,
    heads: Sequence[Head] = (),
    effects: Mapping[Kind, Float32[np.ndarray, "layers heads"]] | None = None,
    meaning: Meaning | None = None,
) -> Document:
    """Describe what a model made of a text.

    Args:
        reading: The model and its text.
        start: With what the page opens.
        heads: Whose calculation travels along.
        effects: What `effects_of_heads` measured; None where nobody did.
        meaning: One word in several sentences; None where nobody asked.

    Returns:
        The document.
    """
    maps, answer = reading.maps, reading.answer
    sizes = {kind: value_sizes(reading, kind) for kind in kinds_of(maps)}
    steps = [each for head in heads if (each := calculate(reading, *head)) is not None]
    extra = {
        "value_sizes": {kind: packed(size) for kind, size in sizes.items() if size is not None},
        "effects": None if effects is None else {kind: _rounded(moved) for kind, moved in effects.items()},
        "effect": reading.effect,
        "answer": {
            "what": answer.what,
            "words": [[[label(word), share] for word, share in row] for row in answer.words],
            "labels": [[label(name), share] for name, share in answer.labels],
        },
        "calculations": [each.described() for each in steps],
        "off": [list(head) for head in reading.off],
        "meaning": None if meaning is None else meaning.described(),
        "written": _written(reading.written) if isinstance(reading, TranslationReading) else None,
    }
    return document_of_maps(maps, start=start, marks=reading.marks, extra=extra)


def one_line(text: str) -> str:
    """Bring a text onto one line, with nothing in it that acts instead of being seen.

    Args:
        text: Any.

    Returns:
        The text.
    """
    return label(" ".join(text.split()))


def _kind(kind: str, maps: KindMaps, special: Sequence[bool]) -> dict[str, object]:
    return {
        "rows": [label(token) for token in maps.rows],
        "columns": [label(token) for token in maps.columns],
        "marks": list(special),
        "layers": maps.num_layers,
        "heads": maps.num_heads,
        "reads": READS[kind],
        "causal": kind == "decoder",
    }


def _heads(kind: str, maps: KindMaps, special: Sequence[bool]) -> list[list[dict[str, object]]]:
    """Describe each head of a kind."""
    how = {"same_text": kind != "cross", "causal": kind == "decoder"}
    return [
        [_pattern(asdict(describe(weights, special, **how))) for weights in layer] for layer in maps.weights
    ]


def _pattern(measured: dict[str, object]) -> dict[str, object]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in measured.items()}


def _rounded(shares: Float32[np.ndarray, "layers heads"]) -> list[list[float]]:
    return [[float(f"{share:.4g}") for share in layer] for layer in shares]


def _kept(kept: Kept) -> dict[str, object]:
    return {**asdict(kept), "token_ids": list(kept.token_ids), "text": one_line(kept.text)}


def _written(written: Written) -> dict[str, object]:
    return {
        "tokens": [label(token) for token in written.tokens],
        "probabilities": list(written.probabilities),
        "choices": [[[label(word), share] for word, share in row] for row in written.choices],
        "token_ids": list(written.token_ids),
        "choice_ids": [list(row) for row in written.choice_ids],
        "beam": [[_kept(each) for each in step] for step in written.beam],
        "hypotheses": [[one_line(text), score] for text, score in written.hypotheses],
        "linked": {
            "what": written.linked.what,
            "src": [label(word) for word in written.linked.src],
            "tgt": [label(word) for word in written.linked.tgt],
            "links": [list(link) for link in written.linked.links],
            "layer": written.linked.layer,
        },
    }
