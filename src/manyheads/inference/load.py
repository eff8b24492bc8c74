"""A model folder to a model that answers."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, overload

import torch

from manyheads.checkpoint.config import read_encoder_config, read_translator_config
from manyheads.checkpoint.hub import find_checkpoint, is_hub_name
from manyheads.checkpoint.network import build_network
from manyheads.checkpoint.parameters import fill
from manyheads.checkpoint.store import StoredModel, load_model
from manyheads.errors import InputError, ModelError
from manyheads.inference.classify import Classifier
from manyheads.inference.embed import Encoder
from manyheads.inference.encoder import EncoderRunner
from manyheads.inference.fill_mask import MaskFiller
from manyheads.inference.memory import give_back_memory
from manyheads.inference.native_encoder import NativeEncoder
from manyheads.inference.native_stack import fits
from manyheads.inference.native_transformer import NativeTransformer
from manyheads.inference.packed_layers import pack_layers
from manyheads.inference.packed_linear import can_pack
from manyheads.inference.precision import Precision, Prepared, prepare
from manyheads.inference.tag import Tagger
from manyheads.inference.translate import Translator
from manyheads.model.build import build_translator
from manyheads.model.decoder import Decoder
from manyheads.model.encoder import Encoder as Stack
from manyheads.model.transformer import Transformer
from manyheads.model.undrawn import Undrawn

Model = Translator | Encoder | MaskFiller | Classifier | Tagger
"""What a folder may hold, ready to answer."""

Pack = bool | Literal["open"]
"""Whether matrices are laid out for the processor; `open`: where they stay beside that as they were."""

Kind = TypeVar("Kind", Translator, Encoder, MaskFiller, Classifier, Tagger)

_OF_ENCODERS: dict[str, Callable[[EncoderRunner], Encoder | MaskFiller | Classifier | Tagger]] = {
    "embedding": Encoder,
    "masked": MaskFiller,
    "classification": Classifier,
    "regression": Classifier,
    "tagging": Tagger,
}
_IN_WORDS: dict[type, tuple[str, str]] = {
    Translator: ("a translator", "translate"),
    Encoder: ("an encoder", "embed"),
    MaskFiller: ("a model that fills masks", "fill-mask"),
    Classifier: ("a classifier", "classify"),
    Tagger: ("a tagger", "tag"),
}


@overload
def load(
    model: str | Path,
    *,
    revision: str | None = None,
    precision: Precision = "auto",
    device: str = "auto",
    threads: int | None = None,
    pack: Pack = True,
) -> Model: ...
@overload
def load(
    model: str | Path,
    *,
    kind: type[Kind],
    revision: str | None = None,
    precision: Precision = "auto",
    device: str = "auto",
    threads: int | None = None,
    pack: Pack = True,
) -> Kind: ...
def load(
    model: str | Path,
    *,
    kind: type | None = None,
    revision: str | None = None,
    precision: Precision = "auto",
    device: str = "auto",
    threads: int | None = None,
    pack: Pack = True,
) -> Model:
    """Load a model: ours, or one in Hugging Face's format.

    Args:
        model: Its folder, or its name on the hub.
        kind: What it must be; by default what it was trained for. `Encoder` takes the vectors of any encoder,
            whatever was trained to be read off them.
        revision: On the hub: a branch, a tag or a commit; None for the newest.
        precision: `auto`, `float32`, `bfloat16` or `int8`; auto takes bfloat16 where a trial of some
            milliseconds shows it right and much faster, else float32.
        device: `auto`, `cpu` or `cuda`.
        threads: For the whole process; None leaves PyTorch's own choice.
        pack: Whether matrices are laid out for the processor, which is faster. `open` does so only where they
            stay as they were trained beside it and numbers are the same, so that everything can be shown;
            `auto` is float32 then, and where it is False.

    Returns:
        What the folder holds, ready to answer.

    Raises:
        ModelError: There is no such model, its parts do not fit each other, or it is of another kind.
        InputError: What is asked for cannot be had here.
    """
    if pack not in (True, "open", False):
        raise InputError(f"pack must be True, 'open' or False, but is {pack!r}")
    prepared = prepare(precision=precision, device=device, threads=threads, trial=pack is True)
    by_name = not Path(model).exists() and is_hub_name(str(model))
    folder = find_checkpoint(model, revision) if by_name else Path(model)
    stored = load_model(folder)
    if stored.config.get("task") not in _OF_ENCODERS:
        found = translator_from(stored, folder, prepared, pack=pack)
    else:
        found = encoder_from(stored, folder, prepared, embedding=kind is Encoder, pack=pack)
    if kind is not None and not isinstance(found, kind):
        holds, verb = _IN_WORDS[type(found)]
        raise ModelError(
            f"{model} must hold {_IN_WORDS[kind][0]}, but holds {holds}: `manyheads {verb}` takes it"
        )
    return found


def translator_from(
    stored: StoredModel, folder: Path, prepared: Prepared, *, pack: Pack = True
) -> Translator:
    """Build a translator from what its folder holds.

    Args:
        stored: The folder's parts; the weights of layers are kept, and must not change.
        folder: Where they stood, for errors.
        prepared: In which precision and where it computes.
        pack: Whether the weights are laid out for C, where that can be had.

    Returns:
        The translator.

    Raises:
        ModelError: The parts do not fit each other.
    """
    config = read_translator_config(dict(stored.config), folder)
    with Undrawn():
        model = build_translator(
            config.model, src_vocab_size=config.src_vocab_size, tgt_vocab_size=config.tgt_vocab_size
        )
    stacks = (model.encoder, model.decoder) if isinstance(model, Transformer) else ()
    in_c = bool(stacks) and _in_c(prepared, pack, *stacks)
    fill(model, stored.weights, folder, mapped=[stack.layers for stack in stacks] if in_c else [])
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
    model = model.to(prepared.device).eval()
    if not in_c:
        return Translator(model, tokenizers, config, _in_pytorch(prepared, folder))
    native = NativeTransformer(cast("Transformer", model), prepared.precision)
    give_back_memory()
    return Translator(model, tokenizers, config, prepared, native)


def encoder_from(
    stored: StoredModel, folder: Path, prepared: Prepared, *, embedding: bool = False, pack: Pack = True
) -> Encoder | MaskFiller | Classifier | Tagger:
    """Build what an encoder's folder holds.

    Args:
        stored: The folder's parts; the weights of layers are kept, and must not change.
        folder: Where they stood, for errors.
        prepared: In which precision and where it computes; the parameters are brought into it once.
        embedding: Whether vectors are wanted, whatever the model was trained for.
        pack: Whether the layers' matrices are laid out for the processor.

    Returns:
        What answers as the model was trained to, or gives vectors.

    Raises:
        ModelError: The parts do not fit each other.
    """
    config = read_encoder_config(dict(stored.config), folder)
    with Undrawn():
        model = build_network(config)
    # In bfloat16 oneDNN's products are as fast, and attention is in C there as well.
    in_onednn = prepared.precision == "bfloat16" and can_pack(torch.bfloat16)
    in_c = not in_onednn and _in_c(prepared, pack, model.bert.encoder)
    fill(model, stored.weights, folder, mapped=[model.bert.encoder.layers] if in_c else [])
    tokenizer: Any = stored.tokenizers["text"]
    # Published matrices may have more rows than tokens, to a round number.
    if tokenizer.vocab_size > config.vocab_size:
        raise ModelError(
            f"the tokenizer in {folder} must have at most the {config.vocab_size} tokens that config.json "
            f"names, but has {tokenizer.vocab_size}; take both from the same model"
        )
    model = model.to(prepared.device, prepared.dtype).eval()
    if in_c:
        model.bert.encoder = NativeEncoder(model.bert.encoder, prepared.precision)
        give_back_memory()
    else:
        if pack is True:
            pack_layers(model.bert)
        prepared = _without_int8(prepared, folder)
    runner = EncoderRunner(model, tokenizer, config, prepared)
    return Encoder(runner) if embedding else _OF_ENCODERS[config.task](runner)


def _in_c(prepared: Prepared, pack: Pack, *stacks: Stack | Decoder) -> bool:
    """Say whether layers run in C; what is shown must not differ from it by more than last digits."""
    wanted = prepared.precision == "float32" if pack == "open" else pack
    return wanted and prepared.device.type == "cpu" and fits(*(stack.layers for stack in stacks))


def _in_pytorch(prepared: Prepared, folder: Path) -> Prepared:
    """Say what a translator computes in whose layers are not in C: there a trial says nothing about them."""
    if prepared.tried and prepared.device.type == "cpu":
        return replace(prepared, precision="float32", reason="its layers run in PyTorch")
    return _without_int8(prepared, folder)


def _without_int8(prepared: Prepared, folder: Path) -> Prepared:
    """Take float32 where int8 is asked for and cannot be had."""
    if prepared.precision != "int8":
        return prepared
    warnings.warn(
        "int8 takes a C compiler, a model whose widths are multiples of 16, and nobody who looks inside, "
        f"which is not so here for {folder}; float32 is taken",
        stacklevel=3,
    )
    return replace(prepared, precision="float32", reason="int8 cannot be had here")
