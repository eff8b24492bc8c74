"""Transformers that you can train, run and see.

The public names, each imported from its home when it is first used: `import manyheads` alone loads no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from manyheads import errors
    from manyheads.inference.classify import Classification, Classifier
    from manyheads.inference.embed import Encoder
    from manyheads.inference.fill_mask import Filled, MaskFiller
    from manyheads.inference.load import load
    from manyheads.inference.tag import Tagged, Tagger
    from manyheads.inference.translate import Sampling, Translator
    from manyheads.inference.translation import Translation
    from manyheads.model.tap import record_attention, switch_off
    from manyheads.views.show import show

__all__ = [
    "Classification",
    "Classifier",
    "Encoder",
    "Filled",
    "MaskFiller",
    "Sampling",
    "Tagged",
    "Tagger",
    "Translation",
    "Translator",
    "errors",
    "load",
    "record_attention",
    "show",
    "switch_off",
]

_HOMES = {
    "Classification": "manyheads.inference.classify",
    "Classifier": "manyheads.inference.classify",
    "Encoder": "manyheads.inference.embed",
    "Filled": "manyheads.inference.fill_mask",
    "MaskFiller": "manyheads.inference.fill_mask",
    "Tagged": "manyheads.inference.tag",
    "Tagger": "manyheads.inference.tag",
    "Sampling": "manyheads.inference.translate",
    "Translation": "manyheads.inference.translation",
    "Translator": "manyheads.inference.translate",
    "load": "manyheads.inference.load",
    "record_attention": "manyheads.model.tap",
    "show": "manyheads.views.show",
    "switch_off": "manyheads.model.tap",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import a public name from its home."""
    if name == "errors":
        return import_module("manyheads.errors")
    if name == "__version__":
        from importlib.metadata import version

        return version("manyheads")
    if name not in _HOMES:
        raise AttributeError(f"module 'manyheads' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__, "__version__"})
