"""A translator to CTranslate2's format. Importing this imports ctranslate2, an extra.

Reference:
    https://github.com/OpenNMT/CTranslate2, `ctranslate2.specs`: the package writes its own files.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from ctranslate2.specs.common_spec import Activation
from ctranslate2.specs.transformer_spec import TransformerSpec
from torch import Tensor, nn

from manyheads.checkpoint.atomic import write_folder
from manyheads.checkpoint.config import TranslatorConfig, read_translator_config
from manyheads.checkpoint.parameters import fill
from manyheads.checkpoint.store import tokenizer_files
from manyheads.checkpoint.stored import StoredModel
from manyheads.errors import ModelError
from manyheads.model.attention import Attention
from manyheads.model.build import build_transformer
from manyheads.model.decoder import Decoder
from manyheads.model.embedding import Embedding
from manyheads.model.encoder import Encoder
from manyheads.model.feedforward import FeedForward
from manyheads.model.layer import DecoderLayer, EncoderLayer, Residual
from manyheads.model.transformer import Transformer
from manyheads.recipes.schema import Model
from manyheads.text.subwords import Subwords

_ACTIVATIONS = {"relu": Activation.RELU, "gelu": Activation.GELU, "silu": Activation.SWISH}


def write_ctranslate2(stored: StoredModel, folder: Path) -> None:
    """Write a translator for CTranslate2, in float32, with its tokenizers beside it.

    CTranslate2 reads and writes tokens: cut a text with the tokenizer's file, and put the pieces together.

    Args:
        stored: What a model folder of ours holds.
        folder: Where it shall stand; it must not exist.

    Raises:
        ModelError: It is no Transformer that translates.
    """
    if stored.config.get("task") != "translation":
        raise ModelError(
            f"--to ctranslate2 takes a translator, but this is for {stored.config.get('task')}; "
            "encoders go --to huggingface, which CTranslate2's own converter reads"
        )
    config = read_translator_config(dict(stored.config), folder)
    if not isinstance(config.model, Model):
        raise ModelError("--to ctranslate2 takes a Transformer, but this translator is recurrent")
    spec = _described(stored, config, config.model, folder)
    spec.validate()
    spec.optimize()
    files = tokenizer_files(stored)
    needs = sum(map(len, files.values())) + sum(tensor.nbytes for tensor in stored.weights.values())
    write_folder(folder, partial(_fill_folder, spec=spec, files=files), needs=needs)


def _fill_folder(folder: Path, spec: TransformerSpec, files: dict[str, bytes]) -> None:
    spec.save(str(folder))
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _described(stored: StoredModel, config: TranslatorConfig, sizes: Model, folder: Path) -> TransformerSpec:
    network = build_transformer(
        sizes, src_vocab_size=config.src_vocab_size, tgt_vocab_size=config.tgt_vocab_size
    )
    fill(network, stored.weights, folder)
    spec: Any = TransformerSpec.from_config(
        (sizes.num_encoder_layers, sizes.num_decoder_layers),
        sizes.num_heads,
        pre_norm=sizes.norm_first,
        activation=_ACTIVATIONS[sizes.activation],
        alignment_layer=config.alignment_layer,
        alignment_heads=sizes.num_heads,
    )
    _set_network(spec, network, sizes)
    shared = stored.tokenizers.get("shared")
    src: Subwords = shared or stored.tokenizers["src"]
    tgt: Subwords = shared or stored.tokenizers["tgt"]
    src_tokens, tgt_tokens = src.vocab, tgt.vocab
    spec.register_source_vocabulary(_padded(src_tokens, config.src_vocab_size))
    spec.register_target_vocabulary(_padded(tgt_tokens, config.tgt_vocab_size))
    spec.config.decoder_start_token = tgt_tokens[tgt.special.begin]
    spec.config.bos_token = tgt_tokens[tgt.special.begin]
    spec.config.eos_token = tgt_tokens[tgt.special.end]
    spec.config.unk_token = tgt_tokens[tgt.special.unknown]
    spec.config.add_source_eos = True
    return spec


def _set_network(spec: Any, network: Transformer, sizes: Model) -> None:  # noqa: ANN401
    for part, stack in ((spec.encoder, network.encoder), (spec.decoder, network.decoder)):
        embedding = cast("Embedding", stack.embedding)
        first = part.embeddings[0] if isinstance(part.embeddings, list) else part.embeddings
        first.weight = _array(embedding.tokens.weight)
        part.scale_embeddings = sizes.scale_embedding
        part.position_encodings.encodings = _positions(embedding, sizes)
        if sizes.norm_first:
            _set_norm(part.layer_norm, cast("nn.LayerNorm", stack.final_norm))
    _set_encoder(spec.encoder, network.encoder)
    _set_decoder(spec.decoder, network.decoder)
    _set_linear(spec.decoder.projection, network.output)


def _positions(embedding: Embedding, sizes: Model) -> np.ndarray:
    if embedding.positions is not None:
        return _array(embedding.positions.weight)
    if sizes.positions == "none":
        return np.zeros((sizes.max_length, sizes.d_model), np.float32)
    return _array(cast("Tensor", embedding.sinusoids))


def _set_encoder(spec: Any, encoder: Encoder) -> None:  # noqa: ANN401
    for part, layer in zip(spec.layer, cast("Iterable[EncoderLayer]", encoder.layers), strict=True):
        _set_self_attention(part.self_attention, layer.attention, layer.attention_residual)
        _set_feedforward(part.ffn, layer.feedforward, layer.feedforward_residual)


def _set_decoder(spec: Any, decoder: Decoder) -> None:  # noqa: ANN401
    for part, layer in zip(spec.layer, cast("Iterable[DecoderLayer]", decoder.layers), strict=True):
        _set_self_attention(part.self_attention, layer.attention, layer.attention_residual)
        own, across = part.attention, layer.cross_attention
        _set_linear(own.linear[0], across.query)
        _set_linear(own.linear[1], across.key, across.value)
        _set_linear(own.linear[2], across.output)
        _set_norm(own.layer_norm, layer.cross_attention_residual.norm)
        _set_feedforward(part.ffn, layer.feedforward, layer.feedforward_residual)


def _set_self_attention(spec: Any, attention: Attention, residual: Residual) -> None:  # noqa: ANN401
    _set_linear(spec.linear[0], attention.query, attention.key, attention.value)
    _set_linear(spec.linear[1], attention.output)
    _set_norm(spec.layer_norm, residual.norm)


def _set_feedforward(spec: Any, feedforward: FeedForward, residual: Residual) -> None:  # noqa: ANN401
    _set_linear(spec.linear_0, feedforward.widen)
    _set_linear(spec.linear_1, feedforward.narrow)
    _set_norm(spec.layer_norm, residual.norm)


def _set_linear(spec: Any, *linears: nn.Linear) -> None:  # noqa: ANN401
    """Set a linear map; several are put one above the other, as CTranslate2 multiplies them at once."""
    spec.weight = np.concatenate([_array(linear.weight) for linear in linears])
    if linears[0].bias is not None:
        spec.bias = np.concatenate([_array(linear.bias) for linear in linears])


def _set_norm(spec: Any, norm: nn.LayerNorm) -> None:  # noqa: ANN401
    spec.gamma, spec.beta = _array(norm.weight), _array(norm.bias)


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy()


def _padded(tokens: Sequence[str], size: int) -> list[str]:
    """Name the rows of a matrix that no token of the vocabulary has."""
    return [*tokens, *(f"<none{number}>" for number in range(len(tokens), size))]
