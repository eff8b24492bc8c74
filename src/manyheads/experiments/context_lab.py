"""What the experiment `context` trains and loads: once, and only where something is measured with it."""

from functools import cached_property
from pathlib import Path
from typing import Any

from manyheads.experiments.context_material import Material, digest
from manyheads.experiments.experiment import Measured, Setting
from manyheads.experiments.own_bert import train_bert
from manyheads.experiments.self_similarity import Occurrences, find_occurrences
from manyheads.experiments.static_vectors import StaticVectors
from manyheads.inference.embed import Encoder
from manyheads.inference.load import load
from manyheads.text.lines import check_is_file

NAMES = {"minilm": "MiniLM", "bert": "the BERT trained here"}
"""What the encoders are called in a report, by their keys."""
_SEED = 1
_WEIGHTS = "model.safetensors"


def _weights(folder: Path) -> str:
    check_is_file(folder / _WEIGHTS)
    return digest((folder / _WEIGHTS).read_bytes())


class Lab:
    """Word vectors, encoders and the words that are looked at.

    Args:
        setting: How the experiment is run.
        material: What it is run on.

    Attributes:
        inputs: All that each model depends on, as JSON can hold it.
    """

    def __init__(self, setting: Setting, material: Material) -> None:
        self.setting = setting
        self.material = material
        text = digest((material.train, material.valid))
        self.inputs: dict[str, dict[str, Any]] = {
            "word2vec": {"text": text, **material.sizes.word2vec},
            "bert": {"text": text, "changed": list(material.sizes.bert)},
        }
        if material.published is not None:
            self.inputs["minilm"] = {"weights": _weights(material.published)}
        self._encoders: dict[str, Encoder] = {}

    @property
    def encoders(self) -> list[str]:
        """The keys of the encoders that there are."""
        return [key for key in NAMES if key in self.inputs]

    @property
    def _vectors_file(self) -> Path:
        return self.setting.output / "word2vec.bin"

    @property
    def _bert_folder(self) -> Path:
        return self.setting.output / "bert"

    def train_vectors(self) -> StaticVectors:
        """Train word2vec and keep its vectors beside the report.

        Returns:
            The vectors.
        """
        vectors = StaticVectors.train(self.material.sentences(), **self.material.sizes.word2vec)
        vectors.save(self._vectors_file)
        return vectors

    def train_bert(self) -> Measured:
        """Train the BERT of the same text, or go on with it.

        Returns:
            What `train_bert` says of it.
        """
        material = self.material
        return train_bert(
            material.train, material.valid, self._bert_folder, material.sizes.bert, self.setting.say
        )

    @cached_property
    def vectors(self) -> StaticVectors:
        """The word vectors that were trained."""
        known = self._vectors_file.is_file()
        return StaticVectors.load(self._vectors_file) if known else self.train_vectors()

    @cached_property
    def occurrences(self) -> Occurrences:
        """The words whose self-similarity is measured, in their sentences."""
        sizes = self.material.sizes
        return find_occurrences(
            self.material.train,
            words=sizes.words,
            sentences=sizes.sentences,
            baseline=sizes.baseline,
            seed=_SEED,
        )

    def encoder(self, key: str) -> Encoder:
        """Load an encoder, in float32.

        Args:
            key: Which.

        Returns:
            It, ready to answer.
        """
        if key not in self._encoders:
            self._encoders[key] = load(self._folder(key), kind=Encoder, precision="float32")
        return self._encoders[key]

    def _folder(self, key: str) -> Path:
        if key == "minilm" and self.material.published is not None:
            return self.material.published
        if not (self._bert_folder / "config.json").is_file():
            # What was measured of it is known, but its folder was removed since.
            self.train_bert()
        return self._bert_folder
