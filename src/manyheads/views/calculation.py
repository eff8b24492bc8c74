"""How one head's attention was calculated: the arrays that the page shows step by step.

They are the model's own numbers (`model/trace.py`). The page calculates nothing of its own but what it says:
from query and keys the inner products, from these the softmax, from weights and values the context, so that a
reader, and a test, can follow each step from what stands before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from jaxtyping import Float32
from torch import Tensor, nn

from manyheads.errors import InputError
from manyheads.model.attention import Attention
from manyheads.model.tap import Kind, check_head
from manyheads.model.trace import LayerTrace, SublayerTrace
from manyheads.views.reading import Reading, attention_at
from manyheads.views.wire import packed

Array = Float32[np.ndarray, "..."]


@dataclass(frozen=True)
class Calculation:
    """One head's calculation, for every token that looks.

    Attributes:
        kind: Which attention.
        layer: Counted from 0.
        head: Counted from 0.
        norm_first: Whether the norm stands before each sublayer.
        wide: Arrays as wide as the residual stream, a row a token that looks: the parts of the embedding
            (`embedding.token`, ...), `before` and `inner` of this sublayer, `contexts` of all its heads, and
            `said`, `total` and `result` of the sublayers from this one on (`cross.said`, ...).
        narrow: Arrays of this head alone: `query`, `key`, `value`, a row a token; the matrices that made them
            (`query.weight`, `query.bias`, ...), and its part of the output projection (`output.weight`).
    """

    kind: Kind
    layer: int
    head: int
    norm_first: bool
    wide: Mapping[str, Array]
    narrow: Mapping[str, Array]

    def described(self) -> dict[str, object]:
        """Write it for a page.

        Returns:
            Plain values. Wide arrays and matrices travel in half precision, the head's own in full; sums that
            the page adds by itself stay here.
        """
        shown = {name: array for name, array in {**self.wide, **self.narrow}.items() if self._travels(name)}
        arrays = {
            name: packed(array, "float16" if name in self.wide or name.endswith(".weight") else "float32")
            for name, array in shown.items()
        }
        return {
            "kind": self.kind,
            "layer": self.layer,
            "head": self.head,
            "norm_first": self.norm_first,
            "arrays": arrays,
        }

    def _travels(self, name: str) -> bool:
        """Whether the page is told an array: no sum of its own, and nothing twice or unseen."""
        part = name.rpartition(".")[2]
        if part in {"inner", "result"}:
            return (part == "inner") == self.norm_first
        return part not in {"sum", "total", "bias"} and name != "output.weight"


def calculate(reading: Reading, kind: Kind, layer: int, head: int) -> Calculation | None:
    """Collect the steps of one head.

    Args:
        reading: The model and its text.
        kind: Which attention.
        layer: Counted from 0.
        head: Counted from 0.

    Returns:
        The steps; None for a recurrent translator's attention, which is calculated in another way.

    Raises:
        InputError: There is no such head.
    """
    check_head(reading.network, kind, layer, head)
    attention = attention_at(reading.network, kind, layer)
    if attention is None:
        return None
    trace = next(islice(reading.layers(kind), layer, None))
    own = trace.attention(kind)
    return Calculation(
        kind=kind,
        layer=layer,
        head=head,
        norm_first=own.inner is not own.before,
        wide={name: _array(tensor) for name, tensor in _wide(reading, kind, trace).items()},
        narrow={name: _array(tensor) for name, tensor in _narrow(attention, own, head).items()},
    )


def value_sizes(reading: Reading, kind: Kind) -> Float32[np.ndarray, "layers heads columns"] | None:
    """Measure how much each token hands over: the length of its value behind the output projection.

    A weight times this is what the token really adds to who looks: a head may look hard at a token that has
    nothing to say.

    Args:
        reading: The model and its text.
        kind: Which attention.

    Returns:
        The lengths by layer, head and token looked at; None for a recurrent translator.

    Reference:
        Kobayashi et al. 2020, "Attention is Not Only a Weight", section 3.
    """
    sizes = []
    for layer, trace in enumerate(reading.layers(kind)):
        attention = attention_at(reading.network, kind, layer)
        if attention is None:
            return None
        values = trace.attention(kind).points["value"].float()
        slices = _linear(attention, "output").weight.detach().float().unflatten(1, (attention.num_heads, -1))
        sizes.append(_array((values @ slices.permute(1, 2, 0)).norm(dim=-1)))
    return np.stack(sizes) if sizes else None


def _wide(reading: Reading, kind: Kind, trace: LayerTrace) -> dict[str, Tensor]:
    own = trace.attention(kind)
    parts = {f"embedding.{name}": vectors for name, vectors in reading.embedding(kind).items()}
    parts |= {"before": own.before, "inner": own.inner}
    parts["contexts"] = own.points["context"].transpose(0, 1).flatten(1)
    for part in trace.sublayers[trace.sublayers.index(own) :]:
        parts |= {f"{part.name}.{name}": getattr(part, name) for name in ("said", "total", "result")}
    return parts


def _narrow(attention: Attention, own: SublayerTrace, head: int) -> dict[str, Tensor]:
    rows = slice(head * (width := own.points["query"].shape[-1]), (head + 1) * width)
    parts: dict[str, Tensor] = {}
    for name in ("query", "key", "value"):
        linear = _linear(attention, name)
        parts[name] = own.points[name][head]
        parts[f"{name}.weight"] = linear.weight[rows].T
        parts[f"{name}.bias"] = linear.bias[rows]
    parts["output.weight"] = _linear(attention, "output").weight[:, rows].T
    return parts


def _linear(attention: Attention, name: str) -> nn.Linear:
    found = getattr(attention, name, None)
    if not isinstance(found, nn.Linear):
        raise InputError(
            f"the steps of attention take a model with its matrices as they were trained, but its {name} is "
            "packed for speed; load it with pack=False"
        )
    return found


def _array(tensor: Tensor) -> Array:
    return tensor.detach().float().cpu().numpy()
