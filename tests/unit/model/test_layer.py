"""The residual and its norm, by hand; parity with torch's layers stands in `tests/parity`."""

import torch

from manyheads.model.layer import Residual


def test_the_norm_stands_behind_or_before():
    """Tokens (1, 3); the sublayer doubles. Behind: norm of (3, 9) is (-1, 1). Before: (1, 3) + 2 (-1, 1)."""
    tokens = torch.tensor([[1.0, 3.0]])
    behind, before = (Residual(d_model=2, dropout=0.0, norm_first=first) for first in (False, True))
    torch.testing.assert_close(
        behind(tokens, lambda inner: 2 * inner), torch.tensor([[-1.0, 1.0]]), atol=1e-4, rtol=0
    )
    torch.testing.assert_close(
        before(tokens, lambda inner: 2 * inner), torch.tensor([[-1.0, 5.0]]), atol=1e-4, rtol=0
    )


def test_dropout_falls_on_what_the_sublayer_says_not_on_what_was_there():
    """The sublayer says 1 everywhere: with norm first each number grew by 0 or by 2, and none vanished."""
    tokens = torch.full((100, 4), 5.0)
    grown = Residual(d_model=4, dropout=0.5, norm_first=True)(tokens, torch.ones_like)
    assert set(grown.unique().tolist()) == {5.0, 7.0}


def test_the_norms_epsilon_is_the_given_one():
    """Tokens (1, 3) and nothing added: mean 2, variance 1; with epsilon 3 they are halved."""
    residual = Residual(d_model=2, dropout=0.0, norm_first=False, epsilon=3.0)
    tokens = torch.tensor([[1.0, 3.0]])
    assert residual(tokens, torch.zeros_like).tolist() == [[-0.5, 0.5]]
