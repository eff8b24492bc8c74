"""Examples made ready for a network: the tokens of every part in arrays."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic

import torch
from jaxtyping import Float, Num
from torch import Tensor

from manyheads.batches.labelled_batches import (
    Batch,
    EncodedTexts,
    PlannedBatches,
    Rows,
    encode_texts,
    in_order_of_length,
)
from manyheads.batches.packed import Packed
from manyheads.recipes.encoder_recipe import EncoderRecipe
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.text.text_tokens import TextTokens
from manyheads.training.encoder_corpus import Examples, Label, Parts
from manyheads.training.objective import Part

_TEXTS_AT_ONCE = 4096
Noted = Callable[[int, TextTokens], None]
Read = Callable[[Packed], Num[Tensor, "rows *_"]]


@dataclass(frozen=True)
class EncodedCorpus(Generic[Label]):
    """All parts of a corpus with their tokens.

    Attributes:
        parts: The examples.
        texts: The tokens of each part.
        cut: How many texts of each part were longer than the limit.
        max_tokens: The limit.
        noun: What examples are: `texts`, `pairs`.
    """

    parts: Parts[Label]
    texts: dict[Part, EncodedTexts]
    cut: dict[Part, int]
    max_tokens: int
    noun: str

    def count(self, part: Part) -> int:
        """Count the examples of a part.

        Args:
            part: Which.

        Returns:
            How many.
        """
        return len(self.examples(part))

    def examples(self, part: Part) -> Examples[Label]:
        """Take the examples of a part.

        Args:
            part: Which.

        Returns:
            The examples.
        """
        return getattr(self.parts, part)

    def lines(self) -> list[str]:
        """Say how much there is.

        Returns:
            A line for each part that has examples.
        """
        return [self._line(part) for part in self.texts if self.count(part)]

    def _line(self, part: Part) -> str:
        tokens, cut = len(self.texts[part].token_ids), self.cut[part]
        said = f", {cut:,} of them cut to {self.max_tokens} tokens" if cut else ""
        return f"{part}: {self.count(part):,} {self.noun}, {tokens:,} tokens{said}"

    def batches(self, recipe: EncoderRecipe, pack: Callable[[Rows], Batch]) -> PlannedBatches[Batch]:
        """Plan what is learned from.

        Args:
            recipe: Says the budget and the seed.
            pack: Makes a batch of rows of the training part.

        Returns:
            The batches.
        """
        lengths = self.texts["train"].lengths[None]
        return PlannedBatches(lengths, budget=recipe.training.batch_tokens, seed=recipe.seed, pack=pack)


def encode_parts(
    tokenizer: TextTokenizer,
    parts: Parts[Label],
    *,
    max_tokens: int,
    noun: str = "texts",
    note: Callable[[Part], Noted] | None = None,
) -> EncodedCorpus[Label]:
    """Tokenise all parts.

    Args:
        tokenizer: The model's.
        parts: The examples.
        max_tokens: What is longer is cut.
        noun: What examples are.
        note: For a part, what is called with each text's number and tokens before they are let go.

    Returns:
        The corpus.
    """
    texts: dict[Part, EncodedTexts] = {}
    cut: dict[Part, int] = {}
    for part in ("train", "valid", "test"):
        examples: Examples[Label] = getattr(parts, part)
        texts[part], cut[part] = encode(
            tokenizer,
            examples.texts,
            examples.pairs,
            max_tokens=max_tokens,
            note=note(part) if note else None,
        )
    return EncodedCorpus(parts, texts, cut, max_tokens, noun)


def encode(
    tokenizer: TextTokenizer,
    texts: Sequence[str],
    pairs: Sequence[str] | None,
    *,
    max_tokens: int,
    note: Noted | None = None,
) -> tuple[EncodedTexts, int]:
    """Tokenise texts or pairs, some thousand at a time.

    Args:
        tokenizer: The model's.
        texts: The texts.
        pairs: The second ones, if any.
        max_tokens: What is longer is cut.
        note: Called with each text's number and tokens before they are let go.

    Returns:
        Their tokens, and how many were cut.
    """
    cut = 0

    def tokens() -> Iterator[TextTokens]:
        nonlocal cut
        for first in range(0, len(texts), _TEXTS_AT_ONCE):
            part = slice(first, first + _TEXTS_AT_ONCE)
            partners = None if pairs is None else pairs[part]
            encoded = tokenizer.encode(texts[part], partners, max_tokens=max_tokens)
            for number, text in enumerate(encoded, first):
                cut += text.truncated
                if note:
                    note(number, text)
                yield text

    return encode_texts(tokens()), cut


def read_texts(
    texts: EncodedTexts, read: Read, *, batch_tokens: int, device: torch.device, tokens: bool = False
) -> Float[Tensor, "rows scores"]:
    """Run a network over texts, the shortest first, and put what it says back in order.

    Args:
        texts: The texts.
        read: Makes a row for each text of a batch, or for each token.
        batch_tokens: The most tokens of a batch.
        device: Where the network is.
        tokens: Whether rows are of tokens.

    Returns:
        A row for each text or token, on the CPU, in float32.
    """
    batches = in_order_of_length(texts.lengths, batch_tokens)
    rows = torch.cat([read(texts.take(batch).to(device)).float().cpu() for batch in batches])
    order = torch.cat([torch.from_numpy(texts.places(batch) if tokens else batch) for batch in batches])
    return torch.empty_like(rows).index_copy_(0, order, rows)
