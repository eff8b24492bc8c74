"""A model folder to a model that answers."""

from pathlib import Path

from manyheads.checkpoint.config import read_translator_config
from manyheads.checkpoint.parameters import fill
from manyheads.checkpoint.store import StoredModel, load_model
from manyheads.errors import ModelError
from manyheads.inference.precision import Precision, Prepared, prepare
from manyheads.inference.translate import Translator
from manyheads.model.build import build_transformer


def load(
    model: str | Path, *, precision: Precision = "auto", device: str = "auto", threads: int | None = None
) -> Translator:
    """Load a model folder.

    Args:
        model: The folder.
        precision: `auto`, `float32` or `bfloat16`.
        device: `auto`, `cpu` or `cuda`.
        threads: For the whole process; None leaves PyTorch's own choice.

    Returns:
        What the folder holds, ready to answer.

    Raises:
        ModelError: The folder is no model, or its parts do not fit each other.
        InputError: What is asked for cannot be had here.
    """
    folder = Path(model)
    return translator_from(
        load_model(folder), folder, prepare(precision=precision, device=device, threads=threads)
    )


def translator_from(stored: StoredModel, folder: Path, prepared: Prepared) -> Translator:
    """Build a translator from what its folder holds.

    Args:
        stored: The folder's parts.
        folder: Where they stood, for errors.
        prepared: In which precision and where it computes.

    Returns:
        The translator.

    Raises:
        ModelError: The parts do not fit each other.
    """
    config = read_translator_config(dict(stored.config), folder)
    model = build_transformer(
        config.model, src_vocab_size=config.src_vocab_size, tgt_vocab_size=config.tgt_vocab_size
    )
    fill(model, stored.weights, folder)
    shared = stored.tokenizers.get("shared")
    tokenizers = (shared, shared) if shared else (stored.tokenizers["src"], stored.tokenizers["tgt"])
    for side, tokenizer, size in zip(
        ("source", "target"), tokenizers, (config.src_vocab_size, config.tgt_vocab_size), strict=True
    ):
        if tokenizer.vocab_size != size:
            raise ModelError(
                f"the {side} tokenizer in {folder} must have the {size} tokens that config.json names, "
                f"but has {tokenizer.vocab_size}; take both from the same model"
            )
    return Translator(model.to(prepared.device).eval(), tokenizers, config, prepared)
