"""A small BERT whose axes all differ."""

import pytest
import torch
from torch import nn

from manyheads.model.build_encoder import build_encoder
from manyheads.recipes.encoder import Bert


@pytest.fixture(scope="session")
def encoder_sizes():
    """Make sizes that all differ: 3 heads of 14, inner width 37, 4 layers, 31 positions."""

    def make(**changes):
        plain = {"d_model": 42, "d_ff": 37, "num_heads": 3, "num_layers": 4, "max_length": 31}
        return Bert(**(plain | {"dropout": 0.0, "attention_dropout": 0.0} | changes))

    return make


@pytest.fixture(scope="session")
def make_encoder(encoder_sizes):
    """Make an encoder over 53 tokens with drawn parameters, biases and norms too; in evaluation mode."""

    def make(*, head="none", num_labels=0, next_sentence=False, **changes):
        model = build_encoder(
            encoder_sizes(**changes),
            vocab_size=53,
            head=head,
            num_labels=num_labels,
            next_sentence=next_sentence,
        )
        with torch.random.fork_rng():
            torch.manual_seed(7)
            for name, parameter in model.named_parameters():
                nn.init.normal_(parameter, mean=float(name.endswith("norm.weight")), std=0.2)
        return model.eval()

    return make
