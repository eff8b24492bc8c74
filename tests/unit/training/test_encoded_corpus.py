"""Tokens of all parts: how many, how many were cut, and what a network says put back in order."""

import numpy as np
import pytest
import torch

from manyheads.batches.labelled_batches import encode_texts
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.training.encoded_corpus import encode_parts, read_texts
from manyheads.training.encoder_corpus import Examples, Parts

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def tokenizer():
    return TextTokenizer.train(["one two three four"] * 9, kind="wordpiece", vocab_size=60)


def examples(*texts):
    return Examples(list(texts), None, [0] * len(texts), str)


def test_texts_that_are_too_long_are_cut_and_counted(tokenizer):
    parts = Parts(examples("one two three four", "one", "two three"), examples("four"), examples())
    noted = []
    corpus = encode_parts(
        tokenizer,
        parts,
        max_tokens=4,
        note=lambda part: lambda number, tokens: noted.append((part, number, len(tokens))),
    )
    assert corpus.lines() == [
        "train: 3 texts, 11 tokens, 1 of them cut to 4 tokens",
        "valid: 1 texts, 3 tokens",
    ]
    assert noted == [("train", 0, 4), ("train", 1, 3), ("train", 2, 4), ("valid", 0, 3)]
    assert [corpus.count(part) for part in ("train", "valid", "test")] == [3, 1, 0]


@pytest.mark.parametrize("budget", [1, 7, 99])
def test_what_is_said_comes_back_in_the_order_of_the_texts(tokenizer, budget):
    """Said of a text: its tokens' sum; of a token: itself."""
    tokens = tokenizer.encode(["one two three", "four", "two one four three", "three one"])
    texts = encode_texts(tokens)

    def sums(packed):
        return torch.tensor([[float(sum(ids))] for ids in packed.unpack()])

    said = read_texts(texts, sums, batch_tokens=budget, device=CPU)
    assert said[:, 0].tolist() == [sum(text.token_ids) for text in tokens]

    def itself(packed):
        return packed.token_ids[:, None].float()

    each = read_texts(texts, itself, batch_tokens=budget, device=CPU, tokens=True)
    assert np.array_equal(each[:, 0].numpy(), texts.token_ids)
