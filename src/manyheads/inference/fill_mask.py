"""Texts with masks in, the words that may stand there out."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from manyheads.batches.packed import Packed
from manyheads.errors import InputError
from manyheads.inference.asked import Long, Where, check_call, named
from manyheads.inference.encoder import BATCH_TOKENS, EncoderRunner, Progress, in_chunks
from manyheads.model.heads import MaskedLanguageHead
from manyheads.shapes import Hidden, Logits
from manyheads.text.text_tokens import TextTokens

_Guess = tuple[int, float]
_USUAL_MASKS = ("[MASK]", "<mask>", "[mask]", "<MASK>")
_GOES_ON = "##"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may stand in a mask's place.

    Attributes:
        token: The token; a space before it begins a word, `##` goes on with one.
        text: The whole text with it in place of the mask; other masks stay.
        probability: How likely the model finds it there.
    """

    token: str
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class Filled:
    """What may stand in the masks of a text.

    Attributes:
        text: The text with its masks.
        masks: Candidates for each mask, in their order in the text; the likeliest first.
        truncated: Whether the text's end was left out; masks in it are missing here.
    """

    text: str
    masks: tuple[tuple[Candidate, ...], ...]
    truncated: bool = False


class MaskFiller:
    """An encoder that tells what stands behind masks.

    Args:
        runner: Its network, and how it runs.

    Raises:
        ValueError: The network has no head for that.
    """

    def __init__(self, runner: EncoderRunner) -> None:
        if not isinstance(head := runner.model.head, MaskedLanguageHead):
            raise ValueError(f"masks are filled by a MaskedLanguageHead, but the model's head is {head}")
        self._head = head
        self.runner = runner
        self.model = runner.model
        self.tokenizer = runner.tokenizer
        self.config = runner.config

    @property
    def max_tokens(self) -> int:
        """The most tokens that a text may have, special ones included."""
        return self.runner.max_tokens

    @property
    def mask_token(self) -> str:
        """How a text spells a mask for this model."""
        if self.tokenizer.mask_token is None:
            raise InputError("a mask needs a token, but this model's vocabulary has none for it")
        return self.tokenizer.mask_token

    def fill(
        self,
        texts: Sequence[str],
        top_k: int = 5,
        *,
        long: Long = "truncate",
        batch_tokens: int = BATCH_TOKENS,
        progress: Progress | None = None,
    ) -> list[Filled]:
        """Tell what may stand in the masks of texts.

        Args:
            texts: Each with one mask or more, spelt as `mask_token` says.
            top_k: How many candidates to give for each mask.
            long: What to do with a text over the model's limit: leave out its end, split it into windows, or
                raise.
            batch_tokens: About how many tokens are worked on at once.
            progress: Called with the number of texts done, every now and then.

        Returns:
            The candidates for each text's masks, in the order of the texts.

        Raises:
            InputError: A text is empty or has no mask, or only behind the limit; it is over the limit and
                `long` is `error`; or `top_k` is below 1.
        """
        check_call(texts, long)
        if top_k < 1:
            raise InputError(f"top_k must be at least 1, but is {top_k}")
        self.refuse_without_mask(texts, named(texts))

        def read(batch: Packed, windows: list[TextTokens]) -> list[list[list[_Guess]]]:
            return self._guess(batch, windows, top_k)

        filled: list[Filled] = []
        for rows in in_chunks(len(texts)):
            tokens = self.runner.tokenise(texts[rows], long=long, first=rows.start, templates=True)
            self._refuse_cut_off(texts[rows], tokens, rows.start)
            guesses = self.runner.run_tokens(tokens, read, batch_tokens=batch_tokens, progress=progress)
            filled += map(self._filled, texts[rows], tokens, guesses)
        return filled

    def refuse_without_mask(self, texts: Sequence[str], where: Where) -> None:
        """Refuse a text in which there is nothing to fill.

        Args:
            texts: The texts.
            where: Says where one stands.

        Raises:
            InputError: One has no mask.
        """
        for number, text in enumerate(texts):
            if self.mask_token not in text:
                other = next((mask for mask in _USUAL_MASKS if mask in text), None)
                advice = f"write that for {other}" if other else "put it where a word is wanted"
                raise InputError(
                    f"a text must hold the mask, which is {self.mask_token} for this model, "
                    f"but {where(number)} does not; {advice}"
                )

    def score(self, hidden: Hidden) -> Logits:
        """Score the tokens of the vocabulary; rows that a published matrix has beyond them are left out.

        Args:
            hidden: The last layer's states of the tokens asked about.

        Returns:
            Logits, float32.
        """
        return self._head(hidden)[:, : self.tokenizer.vocab_size].float()

    def _refuse_cut_off(self, texts: Sequence[str], tokens: list[list[TextTokens]], first: int) -> None:
        for number, windows in enumerate(tokens):
            if not any(self._places(window) for window in windows):
                raise InputError(
                    f"a mask must stand within the {self.max_tokens} tokens that the model takes, but that "
                    f"of {named(texts, first)(number)} is behind them; let it be split (long)"
                )

    def _places(self, window: TextTokens) -> list[int]:
        return [
            place for place, token_id in enumerate(window.token_ids) if token_id == self.tokenizer.mask_id
        ]

    def _guess(self, batch: Packed, windows: list[TextTokens], top_k: int) -> list[list[list[_Guess]]]:
        """Score the vocabulary at the masks alone: elsewhere nobody asks."""
        logits = self.score(self.model.bert(batch)[batch.token_ids == self.tokenizer.mask_id])
        best = torch.softmax(logits, dim=-1).topk(min(top_k, logits.shape[1]))
        rows = [
            list(zip(ids, probabilities, strict=True))
            for ids, probabilities in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        ]
        guesses = iter(rows)
        return [[next(guesses) for _ in self._places(window)] for window in windows]

    def _filled(self, text: str, windows: list[TextTokens], guesses: list[list[list[_Guess]]]) -> Filled:
        masks = [
            tuple(self._candidate(text, window.offsets[place], guess) for guess in best)
            for window, of_window in zip(windows, guesses, strict=True)
            for place, best in zip(self._places(window), of_window, strict=True)
        ]
        return Filled(text, tuple(masks), windows[0].truncated)

    def _candidate(self, text: str, span: tuple[int, int], guess: _Guess) -> Candidate:
        token_id, probability = guess
        token = self.tokenizer.token(token_id)
        return Candidate(token, put_in(text, span, token), probability)


def put_in(text: str, span: tuple[int, int], token: str) -> str:
    """Put a token in a mask's place.

    Args:
        text: With the mask.
        span: Where the mask begins and ends; some models count the space before it in.
        token: What `TextTokenizer.token` shows.

    Returns:
        The text with it.

    Example:
        >>> put_in("a [MASK] runs", (2, 8), "dog"), put_in("a dog [MASK]", (6, 12), "##s")
        ('a dog runs', 'a dogs')
        >>> put_in("a <mask> runs", (1, 8), " dog"), put_in("a <mask> runs", (2, 8), " dog")
        ('a dog runs', 'a dog runs')
    """
    start, end = span
    before, after = text[:start], text[end:]
    if token.startswith(_GOES_ON) and len(token) > len(_GOES_ON):
        return before.rstrip() + token.removeprefix(_GOES_ON) + after
    return before + (token if text[start:end][:1].isspace() else token.strip()) + after
