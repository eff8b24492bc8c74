"""One text, or one translation, as a model goes through it: all that the explorer asks about.

A reading is made of a model and its text. Its maps are there at once; what costs more (the steps of a layer,
what each head is good for) is calculated when it is asked for. With heads in `off` everything is that of the
model without them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyheads.errors import InputError
from manyheads.model.attention import Attention
from manyheads.model.tap import Kind, attentions, switch_off
from manyheads.model.trace import LayerTrace
from manyheads.shapes import Hidden
from manyheads.views.maps import AttentionMaps

Head = tuple[Kind, int, int]
CHOICES = 5
"""How many of the likeliest are told."""
Words = tuple[tuple[str, float], ...]
"""The likeliest words of a place with their probabilities, the likeliest first."""


@dataclass(frozen=True)
class Answer:
    """What a model says of a text, to be set beside what it says of another.

    Attributes:
        what: `words` at each row of the maps, `labels` of the whole text, or `states`, where nothing is read
            off the model and only how far its states moved can be told.
        words: For `words`, the likeliest ones of each row.
        labels: For `labels`, each with its probability; of a regression the one number.
    """

    what: str
    words: tuple[Words, ...] = ()
    labels: tuple[tuple[str, float], ...] = ()


class Reading(ABC):
    """What a text and a translation have in common.

    Attributes:
        off: Heads that are switched off.
        effect: What `distance` measures, for people.
    """

    off: tuple[Head, ...]
    effect: ClassVar[str]

    @property
    @abstractmethod
    def network(self) -> nn.Module:
        """The model's network."""

    @cached_property
    def maps(self) -> AttentionMaps:
        """The weights of every layer and head; the model runs for them once."""
        return self._look()

    @abstractmethod
    def _look(self) -> AttentionMaps:
        """Let the model run, and keep where it looked."""

    @property
    @abstractmethod
    def marks(self) -> Mapping[str, Sequence[bool]]:
        """By kind of attention, which tokens that are looked at are special ones."""

    @cached_property
    def answer(self) -> Answer:
        """What the model says; it is asked once."""
        return self._ask()

    @abstractmethod
    def _ask(self) -> Answer:
        """Let the model say it."""

    @abstractmethod
    def layers(self, kind: Kind) -> Iterator[LayerTrace]:
        """Trace the stack that has a kind of attention, from the bottom up.

        Args:
            kind: Which.

        Yields:
            Its layers; none of a recurrent network.
        """

    @abstractmethod
    def embedding(self, kind: Kind) -> dict[str, Hidden]:
        """Take apart what the tokens that look begin with.

        Args:
            kind: Which attention is looked at.

        Returns:
            The parts of each token's vector; none of a recurrent network.
        """

    @abstractmethod
    def repeated(self, copies: int) -> Float[Tensor, "copies rows numbers"]:
        """Run copies of the text as one batch.

        Args:
            copies: How many.

        Returns:
            What `distance` compares.
        """

    @property
    @abstractmethod
    def usual_layer(self) -> int:
        """The layer that is looked at where none is named."""

    @property
    @abstractmethod
    def row_ids(self) -> tuple[int, ...]:
        """The ids of the tokens that the rows of `repeated` stand for."""

    @abstractmethod
    def distances(
        self, before: Float[Tensor, "1 rows numbers"], after: Float[Tensor, "copies rows numbers"]
    ) -> Float[Tensor, "copies rows"]:
        """Say how far each row of each copy is from the one before.

        Args:
            before: Rows that `repeated` gave for one copy.
            after: What it gave for others.

        Returns:
            A number each, 0 where nothing has moved.
        """

    def distance(
        self, before: Float[Tensor, "1 rows numbers"], after: Float[Tensor, "copies rows numbers"]
    ) -> Float[Tensor, " copies"]:
        """Say how far the result of each copy is from the one before.

        Args:
            before: What `repeated` gave for one copy.
            after: What it gave for others.

        Returns:
            The mean of `distances` over the rows.
        """
        return self.distances(before, after).mean(dim=-1)

    def switched(self) -> AbstractContextManager[None]:
        """Run the model without the heads that are off.

        Returns:
            A context in which they are.
        """
        return switch_off(self.network, heads=self.off) if self.off else nullcontext()


def refuse_empty(*texts: str) -> None:
    """Refuse a text in which there is nothing to look at.

    Args:
        *texts: The texts.

    Raises:
        InputError: One holds no word.
    """
    for text in texts:
        if not text.strip():
            raise InputError(f"a text to look at must hold a word, but {text!r} holds none")


def too_long(count: int, limit: int) -> InputError:
    """Say that a text cannot be looked at as a whole.

    Args:
        count: Its tokens.
        limit: The most that the model takes.

    Returns:
        The error.
    """
    return InputError(
        f"a text may have at most {limit} tokens for this model, but this one has {count}; give it in parts"
    )


def kinds_of(maps: AttentionMaps) -> list[Kind]:
    """List the kinds of attention that maps have, typed.

    Args:
        maps: The maps.

    Returns:
        Which of encoder, decoder and cross.
    """
    known: tuple[Kind, ...] = ("encoder", "decoder", "cross")
    return [kind for kind in known if kind in maps.kinds]


def likeliest(
    logits: Float[Tensor, "rows choices"], spell: Callable[[int], str], count: int = CHOICES
) -> tuple[Words, ...]:
    """Name what has the highest scores in each row.

    Args:
        logits: A score for each choice.
        spell: The name of a choice.
        count: How many of each row, where there are as many.

    Returns:
        Names and probabilities of each row.
    """
    found = torch.softmax(logits.float(), dim=-1).topk(min(count, logits.shape[1]))
    return tuple(
        tuple((spell(number), share) for number, share in zip(numbers, shares, strict=True))
        for numbers, shares in zip(found.indices.tolist(), found.values.tolist(), strict=True)
    )


def attention_at(network: nn.Module, kind: Kind, layer: int) -> Attention | None:
    """Find an attention of a network.

    Args:
        network: The network.
        kind: Which kind.
        layer: Counted from 0.

    Returns:
        It; None where it is no dot-product attention (a recurrent translator's), or there is none.
    """
    found = [each for each in attentions(network) if (each.kind, each.layer) == (kind, layer)]
    return found[0] if found and isinstance(found[0], Attention) else None
