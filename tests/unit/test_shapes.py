"""The shapes that signatures name are checked while tests run."""

import pytest
import torch
from jaxtyping import TypeCheckError

from manyheads.model.attention import side_by_side
from manyheads.model.bert import Pooler


def test_a_tensor_of_another_shape_is_refused():
    with pytest.raises(TypeCheckError, match="context"):
        side_by_side(torch.zeros(3, 5, 7))


def test_a_size_that_two_arguments_share_must_be_one(make_model, draw_ids):
    pooler = Pooler(d_model=6, activation="tanh")
    with pytest.raises(TypeCheckError):
        pooler(torch.zeros(2, 3, 6))
