"""Attention with one thing changed, and nothing in the model: observers do what a question asks of it."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from manyheads.model.attend import lower_right
from manyheads.model.tap import Site, observe


@contextmanager
def undo_division(model: nn.Module) -> Iterator[None]:
    """Run a model as if its scores were never divided by sqrt(head_dim), in training as well.

    Args:
        model: The model that will run; every attention in it is changed.

    Yields:
        Nothing; the scores are divided again afterwards.
    """
    head_dims: dict[tuple[str, int], int] = {}

    def multiply(site: Site, tensor: Tensor) -> Tensor | None:
        if site.point == "query":  # comes before the scores, which do not tell how wide a head is
            head_dims[site.kind, site.layer] = tensor.shape[-1]
        if site.point != "scores":
            return None
        return tensor * math.sqrt(head_dims[site.kind, site.layer])

    with observe(model, multiply):
        yield


@contextmanager
def look_back_only(model: nn.Module) -> Iterator[None]:
    """Run a model whose encoder's tokens look no further than themselves, as a decoder's do.

    Args:
        model: The model that will run; the decoder's attentions in it stay as they are.

    Yields:
        Nothing; the encoder's tokens see all of their sequence again afterwards.
    """

    def hide_later_tokens(site: Site, tensor: Tensor) -> Tensor | None:
        if (site.kind, site.point) != ("encoder", "scores"):
            return None
        may_look = lower_right(tensor.shape[-2], tensor.shape[-1], tensor.device)
        return tensor.masked_fill(~may_look, -torch.inf)

    with observe(model, hide_later_tokens):
        yield
