"""What the experiment `context` says of its numbers: the answer, tables and figures."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from manyheads.experiments.context_figures import accuracy_figure, similarity_figure
from manyheads.experiments.experiment import Measured, Told
from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.experiments.wic_study import best_on_train

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
            Text(_wic_explained(measured)),
            Text(_why_the_lemma_cannot(measured)),
            Table(
                ["vectors", "layer", "train", "dev", "covered", "chosen on train"], list(_wic_rows(measured))
            ),
            Text(_fairness(measured)),
            *_against(measured),
            Picture(
                "accuracy",
                _accuracy_caption(measured),
                lambda: accuracy_figure(measured["wic"], measured["text"]["pairs"]["dev"]),
            ),
            Text("## How much of a vector is the word's own?"),
            Text(_similarity_said(measured)),
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


def _chosen(model: Row) -> Row:
    return model["rows"][model["chosen"]]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _answer(measured: Measured) -> str:
    wic = measured["wic"]
    lemma, pairs = wic["static"][0], measured["text"]["pairs"]["dev"]
    best = max(wic["models"], key=lambda model: _chosen(model)["train"])
    row, against = _chosen(best), best["against"][0]
    more = "no more" if row["dev"] <= lemma["dev"] else _sure(against["p"])
    return (
        "It is the same in every sentence: whether a word means the same in two of them, word2vec of the "
        f"lemma tells in {_percent(lemma['dev'])} of WiC's {pairs:,} pairs, and layer {row['layer']} of "
        f"{best['name']}, where a vector depends on its sentence, in {_percent(row['dev'])}, which is "
        f"{more}."
    )


def _sure(p: float) -> str:
    return f"more than chance (p = {p:.2g})" if p < _SURE else f"more, but may be chance (p = {p:.2g})"


def _wic_explained(measured: Measured) -> str:
    text = measured["text"]
    return (
        "WiC (*Word in Context*, Pilehvar and Camacho-Collados 2019) shows a word in two sentences and "
        "asks whether it means the same in both. Threshold and layer are chosen on its "
        f"{text['pairs']['train']:,} train pairs, answers counted on the {text['pairs']['dev']:,} of dev; "
        "its test part is not used. For scale: the paper has a fine-tuned BERT-large at 65.5% on the test "
        "part; nothing is fine-tuned here."
    )


def _against(measured: Measured) -> list[Part]:
    """Set the chosen layer of each encoder against ways without a network, and against its own layer 0."""
    rows = [
        [
            f"{model['name']}, layer {_chosen(model)['layer']}: {_percent(_chosen(model)['dev'])}",
            f"its own {other['name']}" if place == len(model["against"]) - 1 else other["name"],
            _percent(other["dev"]),
            f"{other['first']:,}",
            f"{other['second']:,}",
            f"{other['p']:.2g}",
        ]
        for model in measured["wic"]["models"]
        for place, other in enumerate(model["against"])
    ]
    return [
        Text(
            "Is the chosen layer better than other ways, or lucky? Of the pairs that one of both alone "
            "has right, each would have half by chance: p is how often chance is as uneven (exact sign "
            "test)."
        ),
        Table(["chosen on train", "against", "dev", "the first alone right", "the other alone", "p"], rows),
    ]


def _about(measured: Measured) -> str:
    text, bert, word2vec = measured["text"], measured["bert"], measured["text"]["word2vec"]
    minilm = (
        " MiniLM is the published `all-MiniLM-L6-v2`: 6 layers, distilled from a larger BERT and trained "
        "further on a billion pairs of sentences."
        if any(model["key"] == "minilm" for model in measured["wic"]["models"])
        else " MiniLM is left out here."
    )
    again = " since it was last taken up" if bert["resumed"] else ""
    loss = (
        ""
        if bert["loss"] is None
        else (
            f"; of the tokens hidden in {text['held_out']} held-out documents it predicts "
            f"{_percent(bert['masked_accuracy'])} (loss {bert['loss']:.2f}): a small network of little text"
        )
    )
    return (
        f"word2vec ({measured['word2vec']['words']:,} words of {word2vec['d_model']} numbers, "
        f"{word2vec['epochs']} epochs) and the BERT trained here learned from the same {text['documents']:,} "
        f"documents of {text['name']}: {text['sentences']:,} sentences, {text['running_words']:,} words. The "
        f"BERT took {bert['updates']:,} updates of the recipe `pretrain-masked` in {bert['seconds']:,.0f} "
        f"s{again}{loss}; changed in the recipe: "
        f"{', '.join(f'`{key}`' for key in text['changed'])}.{minilm}"
    )


def _why_the_lemma_cannot(measured: Measured) -> str:
    lemma, rule = measured["wic"]["static"][0], _rule(measured)
    text = measured["text"]
    count, same = text["pairs"]["dev"], text["dev_same"]
    if lemma["distinct"] == 1:
        why = (
            "The lemma's vector compared with itself is like itself: the cosine is 1 for the "
            f"{lemma['covered']:,} pairs whose lemma has a vector, and is set to 1 for the "
            f"{count - lemma['covered']:,} others. One cosine for all pairs leaves one answer for all of "
            "them"
        )
    else:
        why = f"The lemma's vector gave {lemma['distinct']:,} different cosines for {count:,} pairs"
    return (
        f"{why} ({lemma['said_same']:,} times `same`). {same:,} of the {count:,} pairs mean the same, which "
        f"makes {_percent(lemma['dev'])} right. The word's form differs in some pairs: it is the same in "
        f"{text['dev_same_form']:,}, and the bare rule `same form, same meaning`, without any vector, is "
        f"right in {_percent(rule['dev'])}. One standard error of such a share is "
        f"{100 * math.sqrt(0.25 / count):.1f} points at most."
    )


def _rule(measured: Measured) -> Row:
    return next(row for row in measured["wic"]["static"] if row.get("kind") == "rule")


def _wic_rows(measured: Measured) -> Iterator[list[str]]:
    static, count = measured["wic"]["static"], measured["text"]["pairs"]["dev"]
    window = best_on_train([row for row in static if row.get("kind") == "window"])
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
        "Layer 0 is the embedding: the word and its place, no other word. `covered` counts pairs of dev "
        "with a vector on both sides; without one, a pair has cosine 1 where both words are the same, and "
        f"else 0.{further}"
    )


def _accuracy_caption(measured: Measured) -> str:
    parts = [
        f"{model['name']} goes from {_percent(model['rows'][0]['dev'])} in layer 0 to "
        f"{_percent(model['rows'][-1]['dev'])} in layer {model['rows'][-1]['layer']}"
        for model in measured["wic"]["models"]
    ]
    return (
        f"Right answers on dev by layer: {'; '.join(parts)}. Lines across are ways without a network; the "
        "bars at the layers that train chose are one standard error on each side."
    )


def _similarity_caption(measured: Measured) -> str:
    counts = measured["self"]
    return (
        f"Full lines: the mean cosine of a word's own vectors, over {counts['words']:,} words in "
        f"{counts['sentences']:,} sentences each. Dotted: of {counts['baseline']:,} words drawn at random, "
        "how alike any two vectors of that layer are anyway."
    )


def _similarity_said(measured: Measured) -> str:
    models = measured["self"]["models"]
    told = []
    for model in models:
        first, last = model["layers"][0], model["layers"][-1]
        lowest = min(model["layers"], key=lambda row: row["corrected"])
        told.append(
            f"in {model['name']} from {first['corrected']:.2f} in layer 0 to {lowest['corrected']:.2f} in "
            f"layer {lowest['layer']}{_end(lowest, last)}"
        )
    return (
        "A static vector has self-similarity 1 by construction. Where a vector takes more from around its "
        "word, its uses are less alike; but in some layers all vectors point the same way, whatever the "
        "word, and that is taken off (*corrected*, Ethayarajh 2019). A corrected value is good to compare "
        f"layers of one model, not one model with another: it goes {'; '.join(told)}."
    )


def _end(lowest: Row, last: Row) -> str:
    """Say how it goes on to the last layer, and which of the two numbers makes it so."""
    if last is lowest:
        return ""
    alike, random = (last[key] - lowest[key] for key in ("similarity", "baseline"))
    by = "fell" if random < 0 else "rose"
    own = "less" if alike < 0 else "more"
    return (
        f", and then to {last['corrected']:.2f} in layer {last['layer']}, where uses of a word are {own} "
        f"alike ({lowest['similarity']:.2f} to {last['similarity']:.2f}) and the likeness of any two words "
        f"{by} from {lowest['baseline']:.2f} to {last['baseline']:.2f}"
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
