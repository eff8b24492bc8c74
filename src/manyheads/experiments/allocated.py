"""How much memory a calculation takes at its peak, counted by the tensors that are alive.

Every operator that torch executes, forward or backward, shows what it returns. Memory that was not there
before is counted until nothing refers to it any more, neither the program nor what is kept for gradients. So
the number depends neither on what the process did before nor on how the system hands out pages. What a kernel
takes for itself and gives back before it returns is not seen.
"""

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakIdKeyDictionary


def peak_allocated(calculate: Callable[[], object]) -> int:
    """Measure the peak of the memory that a calculation takes beyond what is there before it.

    Args:
        calculate: Makes the calculation.

    Returns:
        Bytes.
    """
    with _Counting() as counting:
        calculate()
    return counting.peak


class _Counting(TorchDispatchMode):
    """Adds up the memory of tensors that come, and takes away that of those that go."""

    def __init__(self) -> None:
        super().__init__()
        self.peak = 0
        self._now = 0
        self._known = WeakIdKeyDictionary()

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401
        types: Sequence[type],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> Any:  # noqa: ANN401
        given = {id(tensor.untyped_storage()) for tensor in _tensors((args, kwargs))}
        made = func(*args, **(kwargs or {}))
        for tensor in _tensors(made):
            storage = tensor.untyped_storage()
            # A view, or a tensor that was changed in place, brings no memory.
            if id(storage) not in given and storage not in self._known:
                self._known[storage] = True
                self._now += storage.nbytes()
                weakref.finalize(storage, self._gone, storage.nbytes())
        self.peak = max(self.peak, self._now)
        return made

    def _gone(self, size: int) -> None:
        self._now -= size


def _tensors(tree: object) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]
