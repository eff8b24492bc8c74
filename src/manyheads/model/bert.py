"""BERT: the encoder alone, a pooler over each text's first token, and heads.

Reference:
    Devlin et al. 2018, "BERT", section 3.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyheads.batches.packed import Lengths, Packed
from manyheads.model.activation import ACTIVATIONS
from manyheads.model.encoder import Encoder
from manyheads.model.heads import LabelHead, MaskedLanguageHead
from manyheads.shapes import Hidden


class Pooler(nn.Module):
    """Make a text's vector of its first token's: a linear map and a bend.

    Args:
        d_model: Width of the hidden states.
        activation: The bend.
    """

    def __init__(self, *, d_model: int, activation: Literal["tanh", "relu"]) -> None:
        super().__init__()
        self.linear = nn.Linear(d_model, d_model)
        self._activate = ACTIVATIONS[activation]

    def forward(self, first: Float[Tensor, "sequences d_model"]) -> Float[Tensor, "sequences d_model"]:
        """Bend the first tokens.

        Args:
            first: The last layer's state of each text's first token.

        Returns:
            One vector a text.
        """
        return self._activate(self.linear(first))


class Bert(nn.Module):
    """An encoder that reads texts, and its pooler.

    Args:
        encoder: Reads them.
        pooler: Makes one vector of each; None where nothing is read off whole texts.
    """

    def __init__(self, *, encoder: Encoder, pooler: Pooler | None) -> None:
        super().__init__()
        self.encoder = encoder
        self.pooler = pooler

    @property
    def max_length(self) -> int:
        """The most tokens that a text may have, special ones included."""
        return self.encoder.embedding.max_length

    def forward(self, batch: Packed) -> Hidden:
        """Read a packed batch.

        Args:
            batch: Token ids.

        Returns:
            The last layer's states, one vector a token.
        """
        return self.encoder(batch)

    def layer_by_layer(self, batch: Packed) -> list[Hidden]:
        """Read a packed batch and keep what every layer made of it.

        Args:
            batch: Token ids.

        Returns:
            What the embedding gave, then what each layer gave.
        """
        return self.encoder.layer_by_layer(batch)

    def pool(self, hidden: Hidden, lengths: Lengths) -> Float[Tensor, "sequences d_model"]:
        """Make one vector of each text.

        Args:
            hidden: What `forward` gave.
            lengths: The batch's.

        Returns:
            The pooler's output.

        Raises:
            ValueError: There is no pooler.
        """
        if self.pooler is None:
            raise ValueError(
                f"pooling {len(lengths)} texts takes a pooler, but this encoder was built without"
            )
        return self.pooler(hidden[torch.tensor(lengths.starts[:-1], device=hidden.device)])


class EncoderModel(nn.Module):
    """BERT and what is read off it.

    Args:
        bert: Reads the texts.
        head: Tells hidden tokens, or labels: of texts where there is a pooler, else of tokens; None where the
            states themselves are wanted.
        next_sentence: Tells from the pooler whether a pair's second text follows the first; None without.
    """

    def __init__(
        self,
        *,
        bert: Bert,
        head: MaskedLanguageHead | LabelHead | None = None,
        next_sentence: LabelHead | None = None,
    ) -> None:
        super().__init__()
        self.bert = bert
        self.head = head
        self.next_sentence = next_sentence

    def forward(self, batch: Packed) -> Float[Tensor, "rows scores"]:
        """Read a packed batch and say what the head says.

        Args:
            batch: Token ids.

        Returns:
            Logits: of the vocabulary for each token, or of the labels for each text or token. Without a head,
            the last layer's states.
        """
        hidden = self.bert(batch)
        if self.head is None:
            return hidden
        whole_texts = isinstance(self.head, LabelHead) and self.bert.pooler is not None
        return self.head(self.bert.pool(hidden, batch.lengths) if whole_texts else hidden)
