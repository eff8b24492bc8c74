"""How many matrix products of a calculation wait for one another: those no further processor can hurry.

Counted of what is executed, not read off a formula: torch's recurrent layers loop inside, and each step of
that loop shows as an operator.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakIdKeyDictionary

_PRODUCTS = {
    "aten::mm": 1,
    "aten::addmm": 1,
    "aten::bmm": 1,
    "aten::baddbmm": 1,
    "aten::mv": 1,
    "aten::addmv": 1,
    # One kernel, but its scores have to be there before it weighs the values.
    "aten::_scaled_dot_product_flash_attention_for_cpu": 2,
    "aten::_scaled_dot_product_attention_math": 2,
}


@dataclass(frozen=True, slots=True)
class Products:
    """The matrix products of a calculation.

    Attributes:
        made: How many there are.
        in_a_row: The longest row of them of which each needs what the one before gave.
    """

    made: int
    in_a_row: int


def count_products(calculate: Callable[[], object]) -> Products:
    """Count the matrix products of a calculation, and how many of them wait for one another.

    Args:
        calculate: Makes the calculation; gradients are not looked at.

    Returns:
        Both numbers.
    """
    with torch.no_grad(), _Counting() as counting:
        calculate()
    return Products(counting.made, counting.longest)


class _Counting(TorchDispatchMode):
    """Gives to each tensor the longest row of products behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.made = 0
        self.longest = 0
        self._behind = WeakIdKeyDictionary()

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401
        types: Sequence[type],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> Any:  # noqa: ANN401
        made = func(*args, **(kwargs or {}))
        products = _PRODUCTS.get(func._schema.name, 0)
        read = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        behind = products + max((self._of(tensor) for tensor in read), default=0)
        for leaf in tree_leaves(made):
            if isinstance(leaf, Tensor):
                self._behind[leaf] = behind
        self.made += products
        self.longest = max(self.longest, behind)
        return made

    def _of(self, tensor: Tensor) -> int:
        return self._behind.get(tensor) or 0
