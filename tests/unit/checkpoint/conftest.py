import os

import pytest

from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.network import build_network
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.stored import StoredModel
from manyheads.recipes.encoder import Bert
from manyheads.text.text_tokenizer import TextTokenizer


@pytest.fixture(autouse=True)
def power_stays_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flush nothing to the disk: that matters to a loss of power alone, and takes most of the time."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(scope="session")
def text_tokenizer() -> TextTokenizer:
    return TextTokenizer.train(["one dog runs", "two men run"], kind="wordpiece", vocab_size=43)


@pytest.fixture(scope="session")
def make_encoder(text_tokenizer):
    """Make an encoder with drawn weights: 3 heads of 4, inner width 17, 2 layers, 19 positions."""

    def make(task="embedding", sizes=None, **words) -> StoredModel:
        plain = {"d_model": 12, "d_ff": 17, "num_heads": 3, "num_layers": 2, "max_length": 19}
        config = EncoderConfig(
            task=task, model=Bert(**(plain | (sizes or {}))), vocab_size=text_tokenizer.vocab_size, **words
        )
        weights = parameters_of(build_network(config))
        return StoredModel(config.model_dump(mode="json"), weights, {"text": text_tokenizer}, card="# é\n")

    return make
