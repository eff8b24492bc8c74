"""Texts in, a label for each word out, and the entities that they make."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import torch

from manyheads.batches.packed import Packed
from manyheads.errors import InputError
from manyheads.inference.asked import Long, check_call
from manyheads.inference.encoder import BATCH_TOKENS, EncoderRunner, Progress, in_chunks
from manyheads.inference.entities import BEGIN, OUTSIDE, Entity, kind_of, repair_iob2
from manyheads.text.text_tokens import TextTokens


@dataclass(frozen=True, slots=True)
class Word:
    """A word and what it was found to be.

    Attributes:
        text: As it stands in the original.
        start: Where it begins there, in characters.
        end: Behind its last character.
        label: The likeliest label of its first piece, in IOB2 mended where it went on with nothing.
        probability: How likely the model finds that label; 0 for a word that it did not see.
    """

    text: str
    start: int
    end: int
    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class Tagged:
    """A text with its words' labels.

    Attributes:
        text: The text.
        words: Its words in their order; those behind the limit are missing, or, where the words were given,
            have the label `O`.
        entities: What the labels in IOB2 make of them; empty where labels are of another kind.
        truncated: Whether the text's end was left out.
    """

    text: str
    words: tuple[Word, ...]
    entities: tuple[Entity, ...]
    truncated: bool = False


class _Piece(NamedTuple):
    """A token: where it stands in the text, of which word it is, and what it says."""

    start: int
    end: int
    word: int | None
    label: str
    probability: float


class Tagger:
    """An encoder that labels words.

    Args:
        runner: Its network, and how it runs.
    """

    def __init__(self, runner: EncoderRunner) -> None:
        self.runner = runner
        self.model = runner.model
        self.tokenizer = runner.tokenizer
        self.config = runner.config

    @property
    def max_tokens(self) -> int:
        """The most tokens that a text may have, special ones included."""
        return self.runner.max_tokens

    def tag(
        self,
        texts: Sequence[str],
        *,
        long: Long = "truncate",
        batch_tokens: int = BATCH_TOKENS,
        progress: Progress | None = None,
    ) -> list[Tagged]:
        """Label the words of texts; what a word is, the tokenizer says.

        Args:
            texts: Any number of them, none of them empty.
            long: What to do with a text over the model's limit: leave out its end, split it into windows
                between words, or raise.
            batch_tokens: About how many tokens are worked on at once.
            progress: Called with the number of texts done, every now and then.

        Returns:
            The words and entities of each text, in the order of the texts.

        Raises:
            InputError: A text is empty, or over the limit and `long` is `error`.
        """
        check_call(texts, long)
        found: list[Tagged] = []
        for rows in in_chunks(len(texts)):
            chunk = texts[rows]
            tokens = self.runner.tokenise(chunk, long=long, first=rows.start)
            pieces = self._pieces(tokens, batch_tokens, progress)
            found += [
                _tagged(text, _own_words(text, of_text), windows[0].truncated)
                for text, of_text, windows in zip(chunk, pieces, tokens, strict=True)
            ]
        return found

    def tag_words(
        self,
        sentences: Sequence[Sequence[str]],
        *,
        long: Long = "truncate",
        batch_tokens: int = BATCH_TOKENS,
        progress: Progress | None = None,
    ) -> list[Tagged]:
        """Label words that are cut already; the model reads them with spaces between.

        Args:
            sentences: The words of each sentence, none of them empty.
            long: As for `tag`.
            batch_tokens: About how many tokens are worked on at once.
            progress: Called with the number of sentences done, every now and then.

        Returns:
            As many words of each sentence as were given, each with a label.

        Raises:
            InputError: A word is empty, or what `tag` refuses.
        """
        for number, words in enumerate(sentences, 1):
            if not all(map(str.strip, words)):
                raise InputError(f"a word must not be empty, but one of sentence {number} is")
        texts = [" ".join(words) for words in sentences]
        check_call(texts, long)
        found: list[Tagged] = []
        for rows in in_chunks(len(texts)):
            tokens = self.runner.tokenise(texts[rows], long=long, first=rows.start)
            pieces = self._pieces(tokens, batch_tokens, progress)
            found += [
                _tagged(text, _given_words(words, of_text), windows[0].truncated)
                for text, words, of_text, windows in zip(
                    texts[rows], sentences[rows], pieces, tokens, strict=True
                )
            ]
        return found

    def _pieces(
        self, tokens: list[list[TextTokens]], batch_tokens: int, progress: Progress | None
    ) -> Iterator[list[_Piece]]:
        """Give the labelled pieces of each text, over all its windows."""
        answers = self.runner.run_tokens(tokens, self._read, batch_tokens=batch_tokens, progress=progress)
        for of_text in answers:
            yield [piece for window in of_text for piece in window]

    def _read(self, batch: Packed, windows: list[TextTokens]) -> list[list[_Piece]]:
        best = torch.softmax(self.model(batch).float(), dim=-1).max(dim=-1)
        labels = iter(best.indices.tolist())
        probabilities = iter(best.values.tolist())
        return [
            [
                _Piece(*span, word, self.config.labels[next(labels)], next(probabilities))
                for span, word in zip(window.offsets, window.word_ids, strict=True)
            ]
            for window in windows
        ]


def _own_words(text: str, pieces: list[_Piece]) -> list[Word]:
    """Put pieces together to the tokenizer's own words; the first piece of a word decides."""
    words: list[Word] = []
    before = None
    for start, end, word, label, probability in pieces:
        if word is None:
            continue
        if word == before:
            words[-1] = _word(text, words[-1].start, end, words[-1].label, words[-1].probability)
        elif stripped := text[start:end].strip():
            begin = text.index(stripped, start)
            words.append(_word(text, begin, end, label, probability))
        else:
            continue
        before = word
    return words


def _given_words(given: Sequence[str], pieces: list[_Piece]) -> list[Word]:
    """Find the first piece of each given word; a word without one, behind the limit say, is `O`."""
    starts = [0, *accumulate(len(word) + 1 for word in given)][:-1]
    first: dict[int, _Piece] = {}
    for piece in pieces:
        # Some vocabularies count the space before a word in: its last character is the word's own.
        place = bisect_right(starts, max(piece.end - 1, piece.start)) - 1
        inside = piece.end > starts[place] and piece.start < starts[place] + len(given[place])
        if piece.word is not None and inside:
            first.setdefault(place, piece)
    unseen = _Piece(0, 0, None, OUTSIDE, 0.0)
    return [
        Word(word, start, start + len(word), said.label, said.probability)
        for place, (word, start) in enumerate(zip(given, starts, strict=True))
        for said in (first.get(place, unseen),)
    ]


def _tagged(text: str, words: list[Word], truncated: bool) -> Tagged:
    labels = repair_iob2([word.label for word in words])
    mended = [
        Word(word.text, word.start, word.end, label, word.probability)
        for word, label in zip(words, labels, strict=True)
    ]
    return Tagged(text, tuple(mended), tuple(_entities(text, mended)), truncated)


def _entities(text: str, words: list[Word]) -> Iterator[Entity]:
    """Put the words of mended labels together."""
    groups: list[list[Word]] = []
    for word in words:
        if word.label.startswith(BEGIN):
            groups.append([word])
        elif kind_of(word.label) is not None:
            groups[-1].append(word)
    for group in groups:
        start, end = group[0].start, group[-1].end
        probability = sum(word.probability for word in group) / len(group)
        yield Entity(kind_of(group[0].label) or "", text[start:end], start, end, probability)


def _word(text: str, start: int, end: int, label: str, probability: float) -> Word:
    return Word(text[start:end], start, end, label, probability)
