"""A configuration to a model: the one place that knows which parts make a whole."""

from functools import partial

from torch import nn

from manyheads.model.additive_attention import AdditiveAttention
from manyheads.model.attention import Attention
from manyheads.model.decoder import Decoder
from manyheads.model.embedding import Embedding
from manyheads.model.encoder import Encoder
from manyheads.model.feedforward import FeedForward
from manyheads.model.layer import DecoderLayer, EncoderLayer, Residual
from manyheads.model.recurrent import RecurrentDecoder, RecurrentTranslator
from manyheads.model.recurrent_cell import Cell, Layer
from manyheads.model.recurrent_encoder import RecurrentEncoder
from manyheads.model.share import share_first
from manyheads.model.tap import Kind
from manyheads.model.token_embedding import TokenEmbedding
from manyheads.model.transformer import Transformer
from manyheads.recipes.schema import Model, Recurrent

Translating = Transformer | RecurrentTranslator
"""A translator's network, of one architecture or the other: training, search and maps take both."""


def build_translator(config: Model | Recurrent, *, src_vocab_size: int, tgt_vocab_size: int) -> Translating:
    """Build a translator's network, of whichever architecture; its numbers are drawn, or loaded.

    Args:
        config: The sizes.
        src_vocab_size: Tokens of the source vocabulary.
        tgt_vocab_size: Tokens of the target vocabulary; the same where the vocabularies are one.

    Returns:
        The model, in training mode.
    """
    if isinstance(config, Recurrent):
        return build_recurrent(config, src_vocab_size=src_vocab_size, tgt_vocab_size=tgt_vocab_size)
    return build_transformer(config, src_vocab_size=src_vocab_size, tgt_vocab_size=tgt_vocab_size)


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
    src_tokens, tgt_tokens, output = _vocabularies(config, src_vocab_size, tgt_vocab_size)
    encoder_layers = [_encoder_layer(config, layer) for layer in range(config.num_encoder_layers)]
    decoder_layers = [_decoder_layer(config, layer) for layer in range(config.num_decoder_layers)]
    return Transformer(
        encoder=Encoder(
            embedding=_embedding(config, src_tokens),
            layers=share_first(encoder_layers) if config.share_layers else encoder_layers,
            final_norm=_final_norm(config),
        ),
        decoder=Decoder(
            embedding=_embedding(config, tgt_tokens),
            layers=share_first(decoder_layers) if config.share_layers else decoder_layers,
            final_norm=_final_norm(config),
        ),
        output=output,
    )


def build_recurrent(config: Recurrent, *, src_vocab_size: int, tgt_vocab_size: int) -> RecurrentTranslator:
    """Build a recurrent translator's network; its numbers are drawn by `initialize`, or loaded.

    Args:
        config: The sizes.
        src_vocab_size: Tokens of the source vocabulary.
        tgt_vocab_size: Tokens of the target vocabulary; the same where the vocabularies are one.

    Returns:
        The model, in training mode.

    Raises:
        ValueError: The embeddings are to be one, but the vocabularies differ.
    """
    src_tokens, tgt_tokens, output = _vocabularies(config, src_vocab_size, tgt_vocab_size)
    width, cell = config.d_model, config.cell
    reading = [Layer(kind=cell, d_model=width, both_ends=True) for _ in range(config.num_encoder_layers)]
    return RecurrentTranslator(
        encoder=RecurrentEncoder(
            embedding=TokenEmbedding(tokens=src_tokens, dropout=config.dropout),
            layers=reading,
            dropout=config.dropout,
        ),
        decoder=RecurrentDecoder(
            embedding=TokenEmbedding(tokens=tgt_tokens, dropout=config.dropout),
            first=Cell(kind=cell, input_size=2 * width, d_model=width),
            upper=[Layer(kind=cell, d_model=width) for _ in range(config.num_decoder_layers - 1)],
            attention=AdditiveAttention(d_model=width) if config.attention == "additive" else None,
            d_model=width,
            dropout=config.dropout,
        ),
        output=output,
        max_length=config.max_length,
    )


def _vocabularies(
    config: Model | Recurrent, src_vocab_size: int, tgt_vocab_size: int
) -> tuple[nn.Embedding, nn.Embedding, nn.Linear]:
    """Make what reads tokens of either side and what scores them, one matrix or several."""
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
    return src_tokens, tgt_tokens, output


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
