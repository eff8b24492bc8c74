"""An encoder's sizes to a network: which parts make BERT and its relatives."""

from collections.abc import Sequence
from functools import partial
from typing import Literal

from torch import nn

from manyheads.model.attention import Attention
from manyheads.model.bert import Bert, EncoderModel, Pooler
from manyheads.model.bert_embedding import BertEmbedding
from manyheads.model.encoder import Encoder
from manyheads.model.feedforward import FeedForward
from manyheads.model.heads import LabelHead, MaskedLanguageHead
from manyheads.model.layer import EncoderLayer, Residual
from manyheads.model.share import share_first
from manyheads.recipes.encoder import Bert as Sizes


def build_encoder(
    sizes: Sizes,
    *,
    vocab_size: int,
    head: Literal["none", "masked", "labels"] = "none",
    num_labels: int = 0,
    next_sentence: bool = False,
) -> EncoderModel:
    """Build an encoder's network; its numbers are drawn by `initialize_encoder`, or loaded.

    Args:
        sizes: The sizes.
        vocab_size: Tokens of the vocabulary.
        head: What is read off it: nothing, hidden tokens, or labels (of texts where there is a pooler, else
            of tokens).
        num_labels: How many labels; 1 for a number.
        next_sentence: Whether it also tells if a pair's second text follows the first.

    Returns:
        The model, in training mode.

    Raises:
        ValueError: Labels without their number, or the next sentence without a pooler to read it off.
    """
    if (head == "labels") != (num_labels > 0):
        raise ValueError(f"num_labels must be above 0 for labels, and 0 else, but is {num_labels} for {head}")
    if next_sentence and sizes.pooler == "none":
        raise ValueError(f"next_sentence is read off a pooler, but pooler is '{sizes.pooler}'")
    embedding = _embedding(sizes, vocab_size)
    return EncoderModel(
        bert=Bert(
            encoder=Encoder(embedding=embedding, layers=_layers(sizes), final_norm=nn.Identity()),
            pooler=None if sizes.pooler == "none" else Pooler(d_model=sizes.d_model, activation=sizes.pooler),
        ),
        head=_head(sizes, head, embedding.tokens, num_labels),
        next_sentence=LabelHead(d_model=sizes.d_model, num_labels=2, dropout=0.0) if next_sentence else None,
    )


def _embedding(sizes: Sizes, vocab_size: int) -> BertEmbedding:
    width = sizes.embedding_width or sizes.d_model
    return BertEmbedding(
        tokens=nn.Embedding(vocab_size, width),
        positions=nn.Embedding(sizes.first_position + sizes.max_length, width),
        segments=nn.Embedding(sizes.num_segments, width) if sizes.num_segments else None,
        norm=nn.LayerNorm(width, eps=sizes.norm_epsilon),
        dropout=sizes.dropout,
        projection=nn.Linear(width, sizes.d_model) if sizes.embedding_width else None,
        first_position=sizes.first_position,
    )


def _layers(sizes: Sizes) -> Sequence[EncoderLayer]:
    layers = [_layer(sizes, layer) for layer in range(sizes.num_layers)]
    return share_first(layers) if sizes.share_layers else layers


def _layer(sizes: Sizes, layer: int) -> EncoderLayer:
    return EncoderLayer(
        attention=Attention(
            d_model=sizes.d_model,
            num_heads=sizes.num_heads,
            dropout=sizes.attention_dropout,
            kind="encoder",
            layer=layer,
        ),
        feedforward=FeedForward(d_model=sizes.d_model, d_ff=sizes.d_ff, activation=sizes.activation),
        residual=partial(
            Residual,
            d_model=sizes.d_model,
            dropout=sizes.dropout,
            norm_first=False,
            epsilon=sizes.norm_epsilon,
        ),
    )


def _head(
    sizes: Sizes, head: Literal["none", "masked", "labels"], tokens: nn.Embedding, num_labels: int
) -> MaskedLanguageHead | LabelHead | None:
    if head == "masked":
        return MaskedLanguageHead(
            d_model=sizes.d_model, tokens=tokens, activation=sizes.activation, epsilon=sizes.norm_epsilon
        )
    if head == "labels":
        return LabelHead(d_model=sizes.d_model, num_labels=num_labels, dropout=sizes.dropout)
    return None
