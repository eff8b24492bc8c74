"""What is wrong with one vector for each word? word2vec and encoders on the same questions."""

from collections.abc import Mapping

from manyheads.experiments.context_lab import NAMES, Lab
from manyheads.experiments.context_material import describe, digest, made_up_material, real_material
from manyheads.experiments.context_told import tell
from manyheads.experiments.contextual import mean_cosine, mean_of_pieces, word_states
from manyheads.experiments.experiment import Experiment, Measured, Setting
from manyheads.experiments.one_word import compare_uses, same_everywhere
from manyheads.experiments.self_similarity import of_encoder, of_static
from manyheads.experiments.static_usages import window_vectors, word_cosines
from manyheads.experiments.static_vectors import StaticVectors
from manyheads.experiments.wic import choose_threshold
from manyheads.experiments.wic_study import score_layers, study_wic
from manyheads.experiments.word_lists import score_analogies, score_pairs


def measure(setting: Setting) -> Measured:
    """Measure word2vec, a BERT trained on the same text and a published encoder.

    Args:
        setting: How.

    Returns:
        All numbers of the report.
    """
    material = made_up_material() if setting.quick else real_material(setting)
    lab = Lab(setting, material)
    measured = {
        "text": describe(material),
        "word2vec": setting.part("word2vec", lab.inputs["word2vec"], lambda: _word2vec(lab)),
        "lists": _lists(lab),
        "bert": setting.part("bert", lab.inputs["bert"], lab.train_bert),
        "wic": _wic(lab),
        "self": _self(lab),
    }
    layers = {model["key"]: model["chosen"] for model in measured["wic"]["models"]}
    return measured | {"bank": _bank(lab, layers)}


def _word2vec(lab: Lab) -> Measured:
    return {"words": len(lab.train_vectors())}


def _lists(lab: Lab) -> Measured:
    material = lab.material
    asked = digest((material.word_pairs, material.analogies))

    def count() -> Measured:
        return {
            "pairs": [
                {"name": name, **score_pairs(lab.vectors, pairs)}
                for name, pairs in material.word_pairs.items()
            ],
            "analogies": score_analogies(lab.vectors, material.analogies),
        }

    return lab.setting.part("lists", {"lists": asked, **lab.inputs["word2vec"]}, count)


def _wic(lab: Lab) -> Measured:
    pairs, windows = lab.material.wic, list(lab.material.sizes.windows)

    def study() -> Measured:
        encoders = {key: lab.encoder(key) for key in lab.encoders}
        return study_wic(lab.vectors, encoders, pairs, windows=windows)

    found = lab.setting.part("wic", {"pairs": digest(pairs), "windows": windows, **lab.inputs}, study)
    models = [{"key": key, "name": NAMES[key], **rows} for key, rows in found["encoders"].items()]
    return {"static": found["static"], "models": models, "seconds": found["seconds"]}


def _self(lab: Lab) -> Measured:
    sizes, part = lab.material.sizes, lab.setting.part
    counts = {"words": sizes.words, "sentences": sizes.sentences, "baseline": sizes.baseline}
    static = part(
        "self-word2vec",
        counts | lab.inputs["word2vec"],
        lambda: of_static(lab.vectors, lab.occurrences),
    )
    models = [
        {
            "key": key,
            "name": NAMES[key],
            **part(
                f"self-{key}",
                {**counts, "text": lab.inputs["word2vec"]["text"], "model": lab.inputs[key]},
                lambda key=key: of_encoder(lab.encoder(key), lab.occurrences),
            ),
        }
        for key in lab.encoders
    ]
    return {**counts, "static": static, "models": models}


def _bank(lab: Lab, layers: Mapping[str, int]) -> Measured:
    uses = [usage for usage, _ in lab.material.asked]
    meanings = [meaning for _, meaning in lab.material.asked]
    shown = {
        "sentences": [
            {"text": usage.text, "meaning": meaning} for usage, meaning in zip(uses, meanings, strict=True)
        ]
    }

    def compare() -> Measured:
        return {
            "static": same_everywhere(lab.vectors, uses),
            "models": [
                {
                    "key": key,
                    "name": NAMES[key],
                    "layer": layer,
                    **compare_uses(word_states(lab.encoder(key), uses)[layer], meanings),
                }
                for key, layer in layers.items()
            ],
        }

    inputs = {**shown, "layers": dict(layers), **lab.inputs}
    return {**shown, **lab.setting.part("bank", inputs, compare)}


EXPERIMENT = Experiment(
    name="context",
    formula=r"""
word2vec's skip-gram gives each word $w$ one vector $v_w$, so that a word $c$ that stands near it is told from
words that are drawn at random:

$$\log \sigma(u_c \cdot v_w) + \sum_{n \sim P} \log \sigma(-u_n \cdot v_w)$$

Two uses of a word $w$, in sentences $s$ and $t$, are said to mean the same where

$$\cos(h_l(w, s), h_l(w, t)) \ge \theta$$

Here $h_l(w, s)$ is the mean of what layer $l$ made of the word's pieces in $s$. Threshold $\theta$ and layer
$l$ are chosen on train pairs, and answers counted on dev pairs. For word2vec $h(w, s) = v_w$, whatever
$s$ is.

Self-similarity of a word in layer $l$ is the mean cosine over all pairs of its sentences. It is corrected
by the mean cosine of words drawn at random: in some layers all vectors point nearly the same way.
""",
    code=(
        StaticVectors.train,
        word_cosines,
        window_vectors,
        mean_of_pieces,
        choose_threshold,
        score_layers,
        mean_cosine,
    ),
    measure=measure,
    tell=tell,
)
