"""A configuration to a model: the one place that knows which parts make a whole."""

from functools import partial

from torch import nn

from manyheads.model.attention import Attention
from manyheads.model.decoder import Decoder
from manyheads.model.embedding import Embedding
from manyheads.model.encoder import Encoder
from manyheads.model.feedforward import FeedForward
from manyheads.model.layer import DecoderLayer, EncoderLayer, Residual
from manyheads.model.tap import Kind
from manyheads.model.transformer import Transformer
from manyheads.recipes.schema import Model


def build_transformer(config: Model, *, src_vocab_size: int, tgt_vocab_size: int) -> Transformer:
    """Build a translator's network; its numbers are drawn by `initialize`, or loaded.

    Args:
        config: The sizes.
        src_vocab_size: Tokens of the source vocabulary.
        tgt_vocab_size: Tokens of the target vocabulary; the same where the vocabularies are one.

    Returns:
        The model, in training mode.

    Raises:
        ValueError: The embeddings are to be one, but the vocabularies differ.
    """
    if config.tie_embeddings == "all" and src_vocab_size != tgt_vocab_size:
        raise ValueError(
            f"one embedding serves one vocabulary, but the sizes are {src_vocab_size}, {tgt_vocab_size}"
        )
    src_tokens = nn.Embedding(src_vocab_size, config.d_model)
    shared = config.tie_embeddings == "all"
    tgt_tokens = src_tokens if shared else nn.Embedding(tgt_vocab_size, config.d_model)
    output = nn.Linear(config.d_model, tgt_vocab_size, bias=config.output_bias)
    if config.tie_embeddings != "none":
        output.weight = tgt_tokens.weight
    return Transformer(
        encoder=Encoder(
            embedding=_embedding(config, src_tokens),
            layers=[_encoder_layer(config, layer) for layer in range(config.num_encoder_layers)],
            final_norm=_final_norm(config),
        ),
        decoder=Decoder(
            embedding=_embedding(config, tgt_tokens),
            layers=[_decoder_layer(config, layer) for layer in range(config.num_decoder_layers)],
            final_norm=_final_norm(config),
        ),
        output=output,
    )


def _embedding(config: Model, tokens: nn.Embedding) -> Embedding:
    return Embedding(
        tokens=tokens,
        positions=config.positions,
        max_length=config.max_length,
        dropout=config.dropout,
        scaled=config.scale_embedding,
    )


def _final_norm(config: Model) -> nn.Module:
    """Post-norm layers end in a norm of their own."""
    return nn.LayerNorm(config.d_model) if config.norm_first else nn.Identity()


def _residual(config: Model) -> Residual:
    return Residual(d_model=config.d_model, dropout=config.dropout, norm_first=config.norm_first)


def _attention(config: Model, kind: Kind, layer: int) -> Attention:
    return Attention(
        d_model=config.d_model,
        num_heads=config.num_heads,
        dropout=config.attention_dropout,
        kind=kind,
        layer=layer,
    )


def _feedforward(config: Model) -> FeedForward:
    return FeedForward(d_model=config.d_model, d_ff=config.d_ff, activation=config.activation)


def _encoder_layer(config: Model, layer: int) -> EncoderLayer:
    return EncoderLayer(
        attention=_attention(config, "encoder", layer),
        feedforward=_feedforward(config),
        residual=partial(_residual, config),
    )


def _decoder_layer(config: Model, layer: int) -> DecoderLayer:
    return DecoderLayer(
        attention=_attention(config, "decoder", layer),
        cross_attention=_attention(config, "cross", layer),
        feedforward=_feedforward(config),
        residual=partial(_residual, config),
    )
