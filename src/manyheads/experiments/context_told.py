"""What the experiment `context` says of its numbers: the answer, tables and figures."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from manyheads.experiments.context_figures import accuracy_figure, similarity_figure
from manyheads.experiments.experiment import Measured, Told
from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.experiments.wic import better_by_chance

_SURE = 0.05
Row = Mapping[str, Any]


def tell(measured: Measured) -> Told:
    """Say what was found.

    Args:
        measured: The numbers.

    Returns:
        The answer, and what stands below it.
    """
    return Told(
        _answer(measured),
        [
            Text(_about(measured)),
            Text("## The same meaning in two sentences?"),
            Text(_why_the_lemma_cannot(measured)),
            Table(
                ["vectors", "layer", "train", "dev", "covered", "chosen on train"], list(_wic_rows(measured))
            ),
            Text(_fairness(measured)),
            Picture("accuracy", _accuracy_caption(measured), lambda: accuracy_figure(measured["wic"])),
            Text("## How much of a vector is the word's own?"),
            Picture(
                "self-similarity", _similarity_caption(measured), lambda: similarity_figure(measured["self"])
            ),
            Table(
                ["vectors", "layer", "self-similarity", "words at random", "corrected"], _self_rows(measured)
            ),
            Text(f"## One word in {len(measured['bank']['sentences'])} sentences"),
            *_bank_parts(measured["bank"]),
            Text("## What one vector for each word can do"),
            Text(_lists_text(measured)),
            Table(["list", "score", "covered", "of"], list(_list_rows(measured["lists"]))),
        ],
    )


def best_static(static: Sequence[Row]) -> Row:
    """Choose among all ways without a network the one that is best on train.

    Args:
        static: Their rows.

    Returns:
        The row.
    """
    return max(static, key=lambda row: row["train"])


def _chosen(model: Row) -> Row:
    return model["rows"][model["chosen"]]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _answer(measured: Measured) -> str:
    static = measured["wic"]["static"]
    lemma, best = static[0], best_static(static)
    pairs = measured["text"]["pairs"]["dev"]
    same = "one cosine" if lemma["distinct"] == 1 else f"{lemma['distinct']:,} cosines"
    others = "; ".join(_compared(model, best) for model in measured["wic"]["models"])
    return (
        f"It is the same in every sentence: on WiC word2vec gives {same} for all {pairs:,} pairs and is "
        f"right in {_percent(lemma['dev'])} of them; the best without a network, "
        f"chosen on train, is {best['name']}, right in {_percent(best['dev'])}; {others}."
    )


def _compared(model: Row, best: Row) -> str:
    row = _chosen(model)
    said = f"layer {row['layer']} of {model['name']} is right in {_percent(row['dev'])}"
    p = better_by_chance(row["right"], best["right"])
    if row["dev"] <= best["dev"]:
        return f"{said}, which is no more"
    if p < _SURE:
        return f"{said}, which is more (p = {p:.2g})"
    return f"{said}, which is more, but may be chance (p = {p:.2g})"


def _about(measured: Measured) -> str:
    text, bert, word2vec = measured["text"], measured["bert"], measured["text"]["word2vec"]
    left_out = "" if len(measured["wic"]["models"]) > 1 else " MiniLM is left out here."
    again = " since it was last taken up" if bert["resumed"] else ""
    loss = (
        ""
        if bert["loss"] is None
        else (
            f"; of the tokens hidden in {text['held_out']} held-out documents it tells "
            f"{_percent(bert['masked_accuracy'])} (loss {bert['loss']:.2f})"
        )
    )
    return (
        f"word2vec ({measured['word2vec']['words']:,} words of {word2vec['d_model']} numbers, "
        f"{word2vec['epochs']} epochs) and the BERT trained here learned from the same {text['documents']:,} "
        f"documents of {text['name']}: {text['sentences']:,} sentences, {text['running_words']:,} words. The "
        f"BERT took {bert['updates']:,} updates of the recipe `pretrain-masked` in {bert['seconds']:,.0f} "
        f"s{again}{loss}; changed in the recipe: "
        f"{', '.join(f'`{key}`' for key in text['changed'])}.{left_out}"
    )


def _why_the_lemma_cannot(measured: Measured) -> str:
    lemma, rule = measured["wic"]["static"][0], _rule(measured)
    text = measured["text"]
    count, same = text["pairs"]["dev"], text["dev_same"]
    if lemma["distinct"] == 1:
        why = (
            "Both sentences of a pair get the very same vector of the lemma, so that every cosine is the "
            f"same: {lemma['distinct']} different cosine for {count:,} pairs, and so one answer for all of "
            "them"
        )
    else:
        why = f"The lemma's vector gave {lemma['distinct']:,} different cosines for {count:,} pairs"
    return (
        f"{why} ({lemma['said_same']:,} times `same`). {same:,} of the {count:,} pairs mean the same, which "
        f"makes {_percent(lemma['dev'])} right. The word's form differs in some pairs: it is the same in "
        f"{text['dev_same_form']:,}, and the bare rule `same form, same meaning`, without any vector, is "
        f"right in {_percent(rule['dev'])}. One standard error of such a share is "
        f"{100 * math.sqrt(0.25 / count):.1f} points at most. The rule chooses nothing; all others choose a "
        f"threshold on {text['pairs']['train']:,} other pairs, and a layer or window too."
    )


def _rule(measured: Measured) -> Row:
    return next(row for row in measured["wic"]["static"] if row.get("kind") == "rule")


def _wic_rows(measured: Measured) -> Iterator[list[str]]:
    static, count = measured["wic"]["static"], measured["text"]["pairs"]["dev"]
    window = best_static([row for row in static if row.get("kind") == "window"])
    for row in static:
        covered = f"{row['covered']:,} of {count:,}" if "covered" in row else ""
        yield _wic_row(row["name"], "", row, covered, row is window)
    for model in measured["wic"]["models"]:
        for row in model["rows"]:
            yield _wic_row(
                model["name"], str(row["layer"]), row, f"{count:,} of {count:,}", row is _chosen(model)
            )


def _wic_row(name: str, layer: str, row: Row, covered: str, chosen: bool) -> list[str]:
    return [name, layer, _percent(row["train"]), _percent(row["dev"]), covered, "yes" if chosen else ""]


def _fairness(measured: Measured) -> str:
    further = (
        " MiniLM has learned from far more text, and to tell sentences apart: what it gains is not the "
        "network's alone."
        if any(model["key"] == "minilm" for model in measured["wic"]["models"])
        else ""
    )
    return (
        "Layer 0 is the embedding: the word and its place, no other word. `covered` counts pairs of dev with "
        f"a vector on both sides; a word without one is like itself alone.{further}"
    )


def _accuracy_caption(measured: Measured) -> str:
    parts = [
        f"{model['name']} goes from {_percent(model['rows'][0]['dev'])} in layer 0 to "
        f"{_percent(model['rows'][-1]['dev'])} in layer {model['rows'][-1]['layer']}"
        for model in measured["wic"]["models"]
    ]
    return f"Right answers on dev by layer: {'; '.join(parts)}. Lines across are ways without a network."


def _similarity_caption(measured: Measured) -> str:
    counts = measured["self"]
    parts = [
        f"{model['name']} from {model['layers'][0]['corrected']:.2f} in layer 0 to "
        f"{model['layers'][-1]['corrected']:.2f} in layer {model['layers'][-1]['layer']}"
        for model in counts["models"]
    ]
    return (
        f"Self-similarity of {counts['words']:,} words over {counts['sentences']:,} sentences each, less the "
        f"mean cosine of {counts['baseline']:,} words at random: {'; '.join(parts)}; word2vec "
        f"{counts['static']['layers'][0]['corrected']:.2f}. Less is more of the vector from around the word."
    )


def _self_rows(measured: Measured) -> list[list[str]]:
    counts = measured["self"]
    models = [("word2vec", counts["static"]["layers"])]
    models += [(model["name"], model["layers"]) for model in counts["models"]]
    return [
        [
            name,
            "" if name == "word2vec" else str(row["layer"]),
            *(f"{row[key]:.3f}" for key in ("similarity", "baseline", "corrected")),
        ]
        for name, layers in models
        for row in layers
    ]


def _bank_parts(bank: Row) -> list[Part]:
    static = bank["static"]
    sentences = [
        f"{number}. {each['text']} ({each['meaning']})" for number, each in enumerate(bank["sentences"], 1)
    ]
    lists = static["neighbours"]
    always = "the same" if len(lists) == 1 else f"{len(lists)} lists of"
    neighbours = "; ".join(", ".join(words) for words in lists)
    said = (
        f"For word2vec the lowest cosine of two of these uses is {static['lowest']:.3f}, and its neighbours "
        f"are {always} words in every sentence: {neighbours}."
    )
    parts: list[Part] = [Text("\n".join(sentences)), Text(said)]
    count = len(sentences)
    for model in bank["models"]:
        heads = [f"{model['name']}, layer {model['layer']}", *map(str, range(1, count + 1)), "nearest"]
        rows = [
            [str(number), *(f"{cosine:.2f}" for cosine in row), str(nearest + 1)]
            for number, (row, nearest) in enumerate(zip(model["cosines"], model["nearest"], strict=True), 1)
        ]
        parts += [Table(heads, rows), Text(_bank_said(model, count))]
    return parts


def _bank_said(model: Row, count: int) -> str:
    more = "more" if model["same"] > model["different"] else "no more"
    return (
        f"Uses of one meaning have a mean cosine of {model['same']:.2f}, {more} than the "
        f"{model['different']:.2f} of different ones; the nearest use means the same in "
        f"{model['nearest_same']} of {count}."
    )


def _lists_text(measured: Measured) -> str:
    return (
        "The same word2vec on lists that people made, without any sentence: Spearman's correlation of "
        f"cosines with people's scores, and analogies a : b = c : ? solved. Words that are rarer than "
        f"{measured['text']['word2vec']['min_count']} in {measured['text']['name']} have no vector; what has "
        "such a word is not scored, and `covered` says how much is."
    )


def _list_rows(lists: Row) -> Iterator[list[str]]:
    for pairs in lists["pairs"]:
        score = "none" if pairs["spearman"] is None else f"{pairs['spearman']:.3f}"
        yield [f"{pairs['name']}, Spearman", score, f"{pairs['covered']:,}", f"{pairs['total']:,}"]
    for section in lists["analogies"]:
        score = _percent(section["right"] / section["covered"]) if section["covered"] else "none"
        yield [f"analogies, {section['name']}", score, f"{section['covered']:,}", f"{section['total']:,}"]
