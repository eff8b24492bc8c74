"""Words in context, answered by word2vec and by every layer of encoders, and compared with each other."""

from collections.abc import Mapping, Sequence

from manyheads.experiments.contextual import pair_cosines, word_states
from manyheads.experiments.static_usages import score_static
from manyheads.experiments.static_vectors import StaticVectors
from manyheads.experiments.wic import Row, WordInContext, compare, score, without_answers
from manyheads.inference.embed import Encoder

Pairs = Mapping[str, Sequence[WordInContext]]
"""The pairs to choose on, `train`, and those to count on, `dev`."""


def study_wic(
    vectors: StaticVectors, encoders: Mapping[str, Encoder], pairs: Pairs, *, windows: Sequence[int]
) -> Row:
    """Answer pairs in all ways, and compare each encoder with those without a network and with its layer 0.

    Args:
        vectors: word2vec's.
        encoders: By key.
        pairs: `train` and `dev`.
        windows: How many words on each side are averaged; each number is tried.

    Returns:
        `static`, a row for each way without a network; and by key in `encoders` the `rows` of its layers,
        which of them was `chosen` on train, and what that is compared `against`. Nothing in it tells the
        answer to a single pair.
    """
    static = score_static(vectors, pairs, windows=windows)
    window = best_on_train([row for row in static if row["kind"] == "window"])
    others = [row for row in static if row["kind"] != "window"] + [window]
    return {
        "static": list(map(without_answers, static)),
        "encoders": {key: _study_encoder(encoder, pairs, others) for key, encoder in encoders.items()},
    }


def best_on_train(rows: Sequence[Row]) -> Row:
    """Choose one of several ways of answering.

    Args:
        rows: How they did.

    Returns:
        The one that has most pairs of train right; of equals the first.
    """
    return max(rows, key=lambda row: row["train"])


def _study_encoder(encoder: Encoder, pairs: Pairs, others: Sequence[Row]) -> Row:
    rows = score_layers(encoder, pairs)
    chosen = best_on_train(rows)
    return {
        "rows": list(map(without_answers, rows)),
        "chosen": rows.index(chosen),
        "against": [compare(chosen, other) for other in (*others, rows[0])],
    }


def score_layers(encoder: Encoder, pairs: Pairs) -> list[Row]:
    """Answer pairs by the cosine of the word's vectors in both sentences, in every layer.

    Args:
        encoder: Gives the vectors.
        pairs: `train`, where thresholds are chosen, and `dev`, where answers are counted.

    Returns:
        A row for each layer, as `score` gives it.
    """
    cosines = {}
    for part, some in pairs.items():
        firsts = word_states(encoder, [pair.first for pair in some])
        cosines[part] = pair_cosines(firsts, word_states(encoder, [pair.second for pair in some]))
    layers = enumerate(zip(cosines["train"], cosines["dev"], strict=True))
    return [
        score(f"layer {layer}", (train, pairs["train"]), (dev, pairs["dev"]), layer=layer)
        for layer, (train, dev) in layers
    ]
