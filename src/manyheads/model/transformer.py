"""The Transformer for translation: an encoder, a decoder, and the vocabulary's scores.

Reference:
    Vaswani et al. 2017, figure 1.
"""

from jaxtyping import Float, Int
from torch import Tensor, nn

from manyheads.batches.packed import Lengths, Packed
from manyheads.model.cache import DecoderState
from manyheads.model.decoder import Decoder
from manyheads.model.encoder import Encoder
from manyheads.shapes import Hidden, Logits


class Transformer(nn.Module):
    """Encoder, decoder and the projection to the vocabulary.

    Args:
        encoder: Reads the source.
        decoder: Writes the target.
        output: Projects to the vocabulary; its weight may be the embedding's.
    """

    def __init__(self, *, encoder: Encoder, decoder: Decoder, output: nn.Linear) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.output = output

    @property
    def max_length(self) -> int:
        """The most tokens that either side may have, the end token included."""
        return self.encoder.embedding.max_length

    def encode(self, src: Packed) -> Float[Tensor, "src_tokens d_model"]:
        """Read the source.

        Args:
            src: Source ids.

        Returns:
            The memory: one vector a source token.
        """
        return self.encoder(src)

    def decode(
        self, tgt: Packed, memory: Float[Tensor, "src_tokens d_model"], memory_lengths: Lengths
    ) -> Float[Tensor, "tgt_tokens d_model"]:
        """Read whole targets that are known already.

        Args:
            tgt: Decoder input ids.
            memory: What `encode` gave.
            memory_lengths: The source's lengths.

        Returns:
            One vector a target token; `project` makes logits of it.
        """
        return self.decoder(tgt, memory, memory_lengths)

    def project(self, hidden: Hidden) -> Logits:
        """Score every word of the vocabulary.

        Args:
            hidden: What `decode` gave.

        Returns:
            Logits.
        """
        return self.output(hidden)

    def forward(self, src: Packed, tgt: Packed) -> Float[Tensor, "tgt_tokens vocab"]:
        """Score the next word at each position of known targets.

        Args:
            src: Source ids.
            tgt: Decoder input ids.

        Returns:
            Logits.
        """
        return self.project(self.decode(tgt, self.encode(src), src.lengths))

    def begin(self, memory: Float[Tensor, "src_tokens d_model"], lengths: Lengths) -> DecoderState:
        """Begin a search: see `inference/search.py` for the protocol.

        Args:
            memory: What `encode` gave.
            lengths: The source's lengths.

        Returns:
            The state before the first token, one row a sentence.
        """
        return self.decoder.begin(memory, lengths)

    def advance(
        self, state: DecoderState, last_ids: Int[Tensor, " rows"]
    ) -> tuple[Float[Tensor, "rows vocab"], DecoderState]:
        """Read one more token of each hypothesis.

        Args:
            state: The search so far.
            last_ids: The newest token of each row.

        Returns:
            Logits of the next token, and the state with this one read.
        """
        hidden, state = self.decoder.advance(state, last_ids)
        return self.project(hidden), state

    def select(self, state: DecoderState, rows: Int[Tensor, " chosen"]) -> DecoderState:
        """Keep some hypotheses.

        Args:
            state: The search so far.
            rows: Which, hypotheses of a sentence side by side and equally many of each sentence.

        Returns:
            The state of those.
        """
        return state.select(rows)
