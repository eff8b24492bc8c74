"""The heads, by hand."""

import pytest
import torch
from torch import nn

from manyheads.model.heads import LabelHead, MaskedLanguageHead


def test_hidden_words_are_scored_by_their_vectors():
    """Linear: (a, b, c) to (a, b). Relu of (3, -1, 9): (3, 0); its norm: (1, -1). Times tokens, plus bias.

    Tokens (2, 0), (0, 2), (1, -1), (4, 1), biases 0, 10, 20, 30: 2, -2 + 10, 2 + 20, 3 + 30.
    """
    tokens = nn.Embedding.from_pretrained(torch.tensor([[2.0, 0], [0, 2], [1, -1], [4, 1]]), freeze=False)
    head = MaskedLanguageHead(d_model=3, tokens=tokens, activation="relu", epsilon=1e-12)
    with torch.no_grad():
        head.linear.weight.copy_(torch.eye(3)[:2])
        head.linear.bias.zero_()
        head.output.bias.copy_(torch.tensor([0.0, 10, 20, 30]))
    hidden = torch.tensor([[3.0, -1, 9]])
    assert head.transform(hidden).tolist()[0] == pytest.approx([1, -1])
    assert head(hidden).tolist()[0] == pytest.approx([2, 8, 22, 33])
    assert head.output.weight is tokens.weight


def test_the_epsilon_of_the_masked_heads_norm_is_the_given_one():
    head = MaskedLanguageHead(d_model=3, tokens=nn.Embedding(5, 2), activation="gelu", epsilon=0.25)
    assert head.norm.eps == 0.25


def test_labels_are_a_linear_map_of_what_is_kept():
    """Ones with half of them dropped, the others doubled: each of 4 numbers counts 0 or 2; bias 7."""
    head = LabelHead(d_model=4, num_labels=3, dropout=0.5)
    with torch.no_grad():
        head.output.weight.copy_(torch.tensor([1.0, 2, 3])[:, None].expand(3, 4))
        head.output.bias.fill_(7)
    rows = torch.ones(29, 4)
    assert head.eval()(rows).tolist() == [[11, 15, 19]] * 29
    kept = (head.train()(rows)[:, 0] - 7) / 2
    assert set(kept.tolist()) <= {0, 1, 2, 3, 4}
    assert len(set(kept.tolist())) > 1
