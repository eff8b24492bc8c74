"""Networks that are built to be filled: drawing their parameters would take longer than reading them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch.overrides import TorchFunctionMode


class Undrawn(TorchFunctionMode):
    """A context in which modules are built with whatever stands in memory, but for constants.

    Reference:
        PyTorch's tutorial on skipping the initialisation of parameters uses the same border: functions of
        `torch.nn.init` hand the tensor to whoever overrides them.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Leave a tensor as it is where it would be drawn; do everything else."""
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)
