"""What is read off an encoder: hidden words, and labels of a text or of its tokens.

Reference:
    Devlin et al. 2018, sections 3.1 and 4, figure 4.
"""

from jaxtyping import Float
from torch import Tensor, nn

from manyheads.model.activation import ACTIVATIONS, Activation
from manyheads.model.dropout import Dropout
from manyheads.shapes import Hidden, Logits


class MaskedLanguageHead(nn.Module):
    """Tell which token stood there: linear map, bend, norm, then the scores of the vocabulary.

    Args:
        d_model: Width of the hidden states.
        tokens: The embedding's token vectors; they serve as output weights too.
        activation: The bend.
        epsilon: Added to the variance in the norm, above 0.
    """

    def __init__(self, *, d_model: int, tokens: nn.Embedding, activation: Activation, epsilon: float) -> None:
        super().__init__()
        self.linear = nn.Linear(d_model, tokens.embedding_dim)
        self._activate = ACTIVATIONS[activation]
        self.norm = nn.LayerNorm(tokens.embedding_dim, eps=epsilon)
        self.output = nn.Linear(tokens.embedding_dim, tokens.num_embeddings)
        self.output.weight = tokens.weight

    def transform(self, hidden: Hidden) -> Float[Tensor, "tokens width"]:
        """Prepare tokens for `output`, so that a loss can make the logits chunk by chunk.

        Args:
            hidden: The last layer's states of the tokens asked about.

        Returns:
            One vector a token, of the token vectors' width.
        """
        return self.norm(self._activate(self.linear(hidden)))

    def forward(self, hidden: Hidden) -> Logits:
        """Score every word of the vocabulary.

        Args:
            hidden: The last layer's states of the tokens asked about.

        Returns:
            Logits.
        """
        return self.output(self.transform(hidden))


class LabelHead(nn.Module):
    """Score labels, of texts or of tokens; or tell a number, as a single label.

    Args:
        d_model: Width of what is labelled.
        num_labels: Labels.
        dropout: Share of the numbers dropped in training before they are read, between 0 and 1.
    """

    def __init__(self, *, d_model: int, num_labels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = Dropout(dropout)
        self.output = nn.Linear(d_model, num_labels)

    def forward(self, vectors: Float[Tensor, "rows d_model"]) -> Float[Tensor, "rows labels"]:
        """Score the labels of each row.

        Args:
            vectors: The pooler's output, one row a text, or hidden states, one row a token.

        Returns:
            Logits.
        """
        return self.output(self.dropout(vectors))
