"""What a search remembers from step to step, so that each step runs the newest token alone."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from manyheads.batches.packed import Lengths
from manyheads.shapes import Hidden, Key

_GROWTH = 32
"""Steps of room that are added at once."""


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """Keys and values of the tokens that each hypothesis has so far, for all layers in one block.

    Attributes:
        block: Room for some steps more than there are.
        steps: Tokens of every hypothesis before this step.
    """

    block: Float[Tensor, "layers two rows heads capacity head_dim"]
    steps: int

    @staticmethod
    def empty(*, rows: int, like: Float[Tensor, "layers two sentences heads key_len head_dim"]) -> "OwnKeys":
        """Make a memory of nothing.

        Args:
            rows: Hypotheses.
            like: The memory's block: gives layers, heads, device and dtype.

        Returns:
            The memory.
        """
        layers, two, _, heads, _, head_dim = like.shape
        return OwnKeys(like.new_empty(layers, two, rows, heads, _GROWTH, head_dim), 0)

    def add(
        self,
        layer: int,
        key: Float[Tensor, "rows heads 1 head_dim"],
        value: Float[Tensor, "rows heads 1 head_dim"],
    ) -> tuple[Key, Key]:
        """Write the newest token of one layer into the room kept for this step.

        Args:
            layer: Which layer.
            key: The newest token's.
            value: The newest token's.

        Returns:
            Keys and values of all tokens so far.
        """
        mine = self.block[layer]
        mine[0, :, :, self.steps] = key[:, :, 0]
        mine[1, :, :, self.steps] = value[:, :, 0]
        return mine[0, :, :, : self.steps + 1], mine[1, :, :, : self.steps + 1]

    def advanced(self) -> "OwnKeys":
        """Count the step that all layers have written, and make room for the next.

        Returns:
            The memory for the next step.
        """
        block = self.block
        if self.steps + 1 == block.shape[4]:
            block = torch.cat([block, torch.empty_like(block[:, :, :, :, :_GROWTH])], dim=4)
        return OwnKeys(block, self.steps + 1)

    def select(self, rows: Int[Tensor, " chosen"]) -> "OwnKeys":
        """Keep some hypotheses, in a given order.

        Args:
            rows: Which; a row may be named several times.

        Returns:
            A copy with those rows.
        """
        layers, two, _, heads, capacity, head_dim = self.block.shape
        chosen = self.block.new_empty(layers, two, len(rows), heads, capacity, head_dim)
        chosen[:, :, :, :, : self.steps] = self.block[:, :, :, :, : self.steps].index_select(2, rows)
        return OwnKeys(chosen, self.steps)


@dataclass(frozen=True, slots=True)
class MemoryKeys:
    """Keys and values of the encoder's memory, once a sentence, whatever the number of its hypotheses.

    Attributes:
        block: Laid out padded to the longest sentence.
        may_look: False on the padding; None where all sentences are equally long.
    """

    block: Float[Tensor, "layers two sentences heads key_len head_dim"]
    may_look: Bool[Tensor, "sentences 1 1 key_len"] | None

    @staticmethod
    def build(projected: list[tuple[Hidden, Hidden]], lengths: Lengths, num_heads: int) -> "MemoryKeys":
        """Lay out what each layer projected from the packed memory.

        Args:
            projected: Keys and values of each layer, packed.
            lengths: The sentences' lengths.
            num_heads: Heads of each layer.

        Returns:
            The memory of a search.
        """
        flat = torch.stack([tensor for pair in projected for tensor in pair], dim=1)
        padded = pad_sequence(list(flat.split(lengths.values)), batch_first=True)
        by_head = padded.unflatten(3, (num_heads, -1)).permute(2, 0, 3, 1, 4)
        block = by_head.unflatten(0, (len(projected), 2)).contiguous()
        return MemoryKeys(block, _real_keys(lengths, flat.device))

    def layer(self, layer: int) -> tuple[Key, Key]:
        """Give one layer's keys and values.

        Args:
            layer: Counted from 0.

        Returns:
            Both, by sentence and head.
        """
        return self.block[layer, 0], self.block[layer, 1]

    def select(self, sentences: Int[Tensor, " chosen"]) -> "MemoryKeys":
        """Keep some sentences.

        Args:
            sentences: Which, in order.

        Returns:
            A copy with those.
        """
        mask = None if self.may_look is None else self.may_look.index_select(0, sentences)
        return MemoryKeys(self.block.index_select(2, sentences), mask)


def _real_keys(lengths: Lengths, device: torch.device) -> Bool[Tensor, "sentences 1 1 key_len"] | None:
    """True where a padded key is a token; None where nothing is padded."""
    sizes = torch.tensor(lengths.values, device=device)
    if len(set(lengths.values)) == 1:
        return None
    return (torch.arange(max(lengths.values), device=device) < sizes[:, None])[:, None, None, :]


def renumber(
    sentence_of_row: Int[Tensor, " rows"], rows: Int[Tensor, " chosen"]
) -> tuple[Int[Tensor, " remaining"] | None, Int[Tensor, " chosen"]]:
    """Find the sentences that still have a hypothesis when some are kept.

    Args:
        sentence_of_row: To which sentence each hypothesis belongs; ascending, every sentence has one.
        rows: The hypotheses that are kept, those of a sentence side by side.

    Returns:
        The sentences that stay, None where all do; and to which of those each kept hypothesis belongs.
    """
    remaining, renumbered = torch.unique_consecutive(sentence_of_row[rows], return_inverse=True)
    left = len(remaining) < int(sentence_of_row[-1]) + 1
    return remaining if left else None, renumbered


@dataclass(frozen=True, slots=True)
class DecoderState:
    """A search under way: `begin` makes it, `advance` and `select` make the next from it.

    `advance` writes its step into room that the state before it shares; a state is to be advanced once.

    Attributes:
        own: What the hypotheses have seen of themselves.
        memory: What they see of the source.
        sentence_of_row: To which of the remaining sentences each hypothesis belongs; ascending, equally
            many each.
    """

    own: OwnKeys
    memory: MemoryKeys
    sentence_of_row: Int[Tensor, " rows"]

    def select(self, rows: Int[Tensor, " chosen"]) -> "DecoderState":
        """Keep some hypotheses; a sentence without any has left.

        Args:
            rows: Which, hypotheses of a sentence side by side and equally many of each sentence.

        Returns:
            The state of those.
        """
        remaining, renumbered = renumber(self.sentence_of_row, rows)
        memory = self.memory if remaining is None else self.memory.select(remaining)
        return replace(self, own=self.own.select(rows), memory=memory, sentence_of_row=renumbered)
