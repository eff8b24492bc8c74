"""What a recurrent decoder knows of its source: one vector for all of it, or a look at every token.

Reference:
    Bahdanau et al. 2015, "Neural machine translation by jointly learning to align and translate", section
    3.1 and appendix A.1.2; without attention: Cho et al. 2014, section 2.2.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from manyheads.batches.packed import Lengths
from manyheads.model.tap import Kind, Point, Tap


@dataclass(frozen=True, slots=True)
class Source:
    """The sources of a batch, as a decoder asks them.

    Attributes:
        summary: One vector for a whole sentence: where its two readings ended.
        values: The memory, laid out padded.
        keys: What attention compares with, laid out padded; None where nothing attends.
        may_look: False on the padding.
    """

    summary: Float[Tensor, "sentences d_model"]
    values: Float[Tensor, "sentences key_len d_model"]
    keys: Float[Tensor, "sentences key_len d_model"] | None
    may_look: Bool[Tensor, "sentences key_len"]

    @staticmethod
    def build(
        memory: Float[Tensor, "tokens d_model"],
        keys: Float[Tensor, "tokens d_model"] | None,
        lengths: Lengths,
    ) -> "Source":
        """Lay a packed memory out.

        Args:
            memory: What the encoder handed over: in the first half of each vector what a reading from the
                start has seen there, in the second half what one from the end has.
            keys: What attention compares with, for each token.
            lengths: The sentences' lengths.

        Returns:
            The sources.
        """
        padded = _padded(memory, lengths)
        sizes = torch.tensor(lengths.values, device=memory.device)
        half = memory.shape[1] // 2
        ends = padded[torch.arange(len(lengths), device=memory.device), sizes - 1]
        return Source(
            summary=torch.cat([ends[:, :half], padded[:, 0, half:]], dim=1),
            values=padded,
            keys=None if keys is None else _padded(keys, lengths),
            may_look=torch.arange(padded.shape[1], device=memory.device) < sizes[:, None],
        )

    def select(self, sentences: Int[Tensor, " chosen"]) -> "Source":
        """Keep some sentences.

        Args:
            sentences: Which, in order.

        Returns:
            A copy with those.
        """
        return Source(
            self.summary[sentences],
            self.values[sentences],
            None if self.keys is None else self.keys[sentences],
            self.may_look[sentences],
        )

    def first(self, count: int) -> "Source":
        """Keep the first sentences, without a copy.

        Args:
            count: How many.

        Returns:
            A view of those.
        """
        if count == len(self.summary):
            return self
        keys = None if self.keys is None else self.keys[:count]
        return replace(
            self,
            summary=self.summary[:count],
            values=self.values[:count],
            keys=keys,
            may_look=self.may_look[:count],
        )


def _padded(
    tensor: Float[Tensor, "tokens width"], lengths: Lengths
) -> Float[Tensor, "sentences length width"]:
    return pad_sequence(list(tensor.split(lengths.values)), batch_first=True)


class AdditiveAttention(nn.Module):
    """One head that compares by a small network instead of an inner product.

    The score of a state s for a token's memory h is v^T tanh(W s + U h); softmax over the tokens gives the
    weights, and the context is the memory, weighted. The tap shows it as `cross`, layer 0, with one head.

    Args:
        d_model: Width of states and memory.
    """

    kind: Kind = "cross"
    layer = 0
    num_heads = 1

    def __init__(self, *, d_model: int) -> None:
        super().__init__()
        self.query = nn.Linear(d_model, d_model, bias=False)
        self.key = nn.Linear(d_model, d_model)
        self.score = nn.Linear(d_model, 1, bias=False)

    def forward(
        self,
        states: Float[Tensor, "sentences query_len d_model"],
        source: Source,
        *,
        first_sequence: int = 0,
        step: int = 0,
    ) -> Float[Tensor, "rows d_model"]:
        """Let states look at their sources.

        Args:
            states: The decoder's, some for each sentence.
            source: What they look at, with keys.
            first_sequence: Which sequence of the batch the first one is, for those who observe.
            step: How many tokens were written before, for those who observe.

        Returns:
            The context of each state, a row each.
        """
        tap = Tap(self)

        def show(point: Point, tensor: Tensor) -> Tensor:
            """Give it the axis of heads that observers expect."""
            return tap(point, tensor[:, None], first_sequence, step)[:, 0] if tap else tensor

        if source.keys is None:
            raise ValueError("a source that is looked at needs keys: build it with them")
        query = show("query", self.query(states))
        key = show("key", source.keys)
        value = show("value", source.values)
        scores = self.score(torch.tanh(query[:, :, None] + key[:, None]))[:, :, :, 0]
        scores = scores.masked_fill(~source.may_look[:, None], -torch.inf)
        scores = show("scores", scores)
        weights = show("weights", torch.softmax(scores, dim=-1, dtype=torch.float32))
        context = show("context", weights.to(value.dtype) @ value).flatten(0, 1)
        return tap("output", context, first_sequence, step) if tap else context
