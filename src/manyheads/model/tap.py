"""Look into attention while a model runs, or change what flows there.

Every attention passes the points of `POINTS` in that order. An observer sees the tensor at a point and may
hand back another of the same shape. Only while an observer is there does attention take the explicit path;
otherwise the fused kernel runs. Observers live in a context variable, so that a server's threads do not
meet.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol, get_args, runtime_checkable

import torch
from torch import Tensor, nn

from manyheads.errors import InputError, suggest

Kind = Literal["encoder", "decoder", "cross"]
Point = Literal["query", "key", "value", "scores", "weights", "context", "output"]
POINTS: tuple[Point, ...] = get_args(Point)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a tensor was met.

    Attributes:
        kind: Which attention: the encoder's, the decoder's own, or the decoder's on the memory.
        layer: Counted from 0 within its stack.
        point: What the tensor is. Up to `context` it is a block [sequences, heads, ...]; `output` is packed.
        first_sequence: Which sequence of the batch the block's first row is.
        first_query: How many tokens of these sequences have looked before: a recurrent model shows one after
            another.
    """

    kind: Kind
    layer: int
    point: Point
    first_sequence: int
    first_query: int = 0


Observer = Callable[[Site, Tensor], Tensor | None]
Maps = dict[Kind, list[list[Tensor]]]


@runtime_checkable
class Attends(Protocol):
    """What the tap needs to know of an attention."""

    kind: Kind
    layer: int
    num_heads: int


_observers: ContextVar[tuple[tuple[frozenset[int], Observer], ...]] = ContextVar("observers", default=())


def attentions(model: nn.Module) -> list[Attends]:
    """List the attentions of a model.

    Args:
        model: Any model of this package, or a part of one.

    Returns:
        Its attentions, in the order in which they were built.
    """
    return [module for module in model.modules() if isinstance(module, Attends)]


@contextmanager
def observe(model: nn.Module, observer: Observer) -> Iterator[None]:
    """Let an observer see every point of every attention of a model.

    Args:
        model: The model; other models that run meanwhile are not observed.
        observer: Called with each site and tensor; what it returns, unless None, takes the tensor's place.

    Yields:
        Nothing; the observer is gone afterwards.
    """
    entry = (frozenset(id(attention) for attention in attentions(model)), observer)
    token = _observers.set((*_observers.get(), entry))
    try:
        yield
    finally:
        _observers.reset(token)


class Tap:
    """The points of one attention during one call.

    Args:
        attention: Whose points these are.
    """

    def __init__(self, attention: Attends) -> None:
        self._attention = attention
        self._observers = [see for ids, see in _observers.get() if id(attention) in ids]

    def __bool__(self) -> bool:
        """Say whether anybody looks."""
        return bool(self._observers)

    def __call__(self, point: Point, tensor: Tensor, first_sequence: int = 0, first_query: int = 0) -> Tensor:
        """Show a tensor to the observers, one after another.

        Args:
            point: What the tensor is.
            tensor: The tensor.
            first_sequence: Which sequence of the batch its first row is.
            first_query: How many tokens of these sequences have looked before.

        Returns:
            The tensor, or what an observer put in its place.

        Raises:
            ValueError: A replacement has another shape.
        """
        site = Site(self._attention.kind, self._attention.layer, point, first_sequence, first_query)
        for observer in self._observers:
            replacement = observer(site, tensor)
            if replacement is not None and replacement.shape != tensor.shape:
                raise ValueError(
                    f"a replacement keeps the shape: {point} of {site.kind} layer {site.layer} is "
                    f"{list(tensor.shape)}, the observer gave {list(replacement.shape)}"
                )
            tensor = tensor if replacement is None else replacement
        return tensor


@contextmanager
def record_attention(model: nn.Module) -> Iterator[Maps]:
    """Collect the weights of every layer and head, before dropout.

    Args:
        model: The model that will run.

    Yields:
        `maps[kind][layer][sequence]`, float32 [heads, query_len, key_len], filled while the model runs:
        sequences in the batch's order, those of a further call behind them.
    """
    maps: Maps = {}
    for attention in attentions(model):
        layers = maps.setdefault(attention.kind, [])
        layers.extend([] for _ in range(attention.layer + 1 - len(layers)))

    def record(site: Site, tensor: Tensor) -> None:
        if site.point != "weights":
            return
        layer, seen = maps[site.kind][site.layer], tensor.detach().to(torch.float32, copy=True)
        if site.first_query:
            layer[-len(seen) :] = map(partial(torch.cat, dim=1), zip(layer[-len(seen) :], seen, strict=True))
        else:
            layer.extend(seen)

    with observe(model, record):
        yield maps


@contextmanager
def switch_off(model: nn.Module, *, heads: Iterable[tuple[str, int, int]]) -> Iterator[None]:
    """Run a model without some of its heads: their context is zero.

    Args:
        model: The model that will run.
        heads: (kind, layer, head) of each, counted from 0.

    Yields:
        Nothing; the heads are on again afterwards.

    Raises:
        InputError: A head that the model does not have.
    """
    off: dict[tuple[str, int], list[int]] = {}
    for kind, layer, head in heads:
        check_head(model, kind, layer, head)
        off.setdefault((kind, layer), []).append(head)

    def silence(site: Site, tensor: Tensor) -> Tensor | None:
        which = off.get((site.kind, site.layer))
        if site.point != "context" or which is None:
            return None
        return tensor.index_fill(1, torch.tensor(which, device=tensor.device), 0.0)

    with observe(model, silence):
        yield


def check_head(model: nn.Module, kind: str, layer: int, head: int) -> None:
    """Make sure that a model has a head.

    Args:
        model: The model.
        kind: Which attention.
        layer: Counted from 0.
        head: Counted from 0.

    Raises:
        InputError: It does not: which kinds, layers or heads there are.
    """
    counts: dict[str, list[int]] = {}
    for attention in attentions(model):
        counts.setdefault(attention.kind, []).append(attention.num_heads)
    if kind not in counts:
        known = ", ".join(counts)
        raise InputError(f"kind of attention must be one of {known}, but is '{kind}'{suggest(kind, counts)}")
    if not 0 <= layer < len(counts[kind]):
        raise InputError(
            f"layers of {kind} attention are 0 to {len(counts[kind]) - 1}, but layer {layer} was named"
        )
    if not 0 <= head < counts[kind][layer]:
        last = counts[kind][layer] - 1
        raise InputError(f"heads of {kind} layer {layer} are 0 to {last}, but head {head} was named")
