"""Text in, translations out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch

from manyheads.batches.budget import cut
from manyheads.batches.packed import Packed
from manyheads.batches.translation import close_source
from manyheads.checkpoint.config import TranslatorConfig
from manyheads.errors import InputError
from manyheads.inference.alignment import Link, align, words_of
from manyheads.inference.maps import Attention, attention_of
from manyheads.inference.precision import Prepared
from manyheads.inference.sampling import sample
from manyheads.inference.search import Hypothesis, beam_search, greedy_search
from manyheads.model.transformer import Transformer
from manyheads.text.sentences import Piece, split_to_fit
from manyheads.text.tokenizer import BOS_ID, EOS_ID, Tokenizer

Long = Literal["split", "truncate", "error"]
_LONGEST_OUTPUT = (2, 10)
"""A translation may have twice its source's tokens and ten more: what transformers' users set by hand."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Draw the translation instead of searching for the likeliest.

    Attributes:
        temperature: Above 1 evens the probabilities out, below 1 sharpens them; more than 0.
        top_k: How many tokens to draw from; None for all.
        top_p: The share of probability to draw from; None for all.
        seed: Where chance starts.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Translation:
    """One answer.

    Attributes:
        text: The translation.
        tokens: The pieces of `text`; they join to it.
        token_ids: The ids that were generated, without the end token.
        log_probs: Natural log probability of each token, the end token last.
        score: Their sum over their number to the power of the length penalty.
        src_tokens: The pieces of the source that the model read.
        n_best: All hypotheses asked for, best first, this one among them; empty unless several were asked for.
        attention: Every layer's and head's weights, where asked for.
        alignment: (source word, target word), 0-based, where asked for.
        truncated: Whether the source was cut to the model's limit.
    """

    text: str
    tokens: tuple[str, ...] = ()
    token_ids: tuple[int, ...] = ()
    log_probs: tuple[float, ...] = ()
    score: float = 0.0
    src_tokens: tuple[str, ...] = ()
    n_best: tuple["Translation", ...] = ()
    attention: Attention | None = None
    alignment: tuple[Link, ...] | None = None
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class _Request:
    """What is the same for all texts of one call."""

    beam: int
    length_penalty: float
    n_best: int
    sampling: Sampling | None
    attention: bool
    alignment: bool
    batch_tokens: int


@dataclass(frozen=True, slots=True)
class _Job:
    """One piece of one text, short enough for the model."""

    number: int
    text: str
    token_ids: list[int]


class Translator:
    """A trained translator.

    Args:
        model: The network, in evaluation mode.
        tokenizers: Of the source and of the target.
        config: What its config.json says.
        prepared: In which precision and where it computes.
    """

    def __init__(
        self,
        model: Transformer,
        tokenizers: tuple[Tokenizer, Tokenizer],
        config: TranslatorConfig,
        prepared: Prepared,
    ) -> None:
        self.model = model
        self.src_tokenizer, self.tgt_tokenizer = tokenizers
        self.config = config
        self.prepared = prepared

    @property
    def max_tokens(self) -> int:
        """The most tokens that a source text may have, its end token not counted."""
        return self.model.max_length - 1

    def translate(
        self,
        texts: Sequence[str],
        *,
        beam: int | None = None,
        length_penalty: float | None = None,
        n_best: int = 1,
        sampling: Sampling | None = None,
        attention: bool = False,
        alignment: bool = False,
        long: Long = "split",
        batch_tokens: int = 4096,
        progress: Callable[[int], None] | None = None,
    ) -> list[Translation]:
        """Translate texts; what one gives does not depend on the others.

        Args:
            texts: Any number of them, of any lengths; white space at their ends is kept.
            beam: Hypotheses kept at each step, 1 for greedy; by default what config.json says.
            length_penalty: The power of the length in the score; by default what config.json says.
            n_best: Hypotheses to give back for each text, at most `beam`.
            sampling: Draw instead of searching.
            attention: Whether to give the weights of every layer and head.
            alignment: Whether to link words.
            long: What to do with a text over the model's limit: split it at sentence ends, truncate it, or raise.
            batch_tokens: About how many source tokens are translated at once.
            progress: Called with the number of texts done, every now and then.

        Returns:
            One translation a text, in their order.

        Raises:
            InputError: A text is over the limit and `long` is `error`, or it would be split where one piece is
                needed: for attention, or for several hypotheses.
        """
        request = _Request(
            beam=self.config.decoding.beam if beam is None else beam,
            length_penalty=self.config.decoding.length_penalty if length_penalty is None else length_penalty,
            n_best=n_best,
            sampling=sampling,
            attention=attention,
            alignment=alignment,
            batch_tokens=batch_tokens,
        )
        pieces = [
            self._cut(text, number, long, whole=attention or n_best > 1) for number, text in enumerate(texts)
        ]
        flat = [piece.text for parts in pieces for piece in parts]
        jobs = [
            _Job(number, text, ids)
            for number, (text, ids) in enumerate(zip(flat, self._encode(flat), strict=True))
        ]
        done: dict[int, Translation] = {
            job.number: Translation(job.text) for job in jobs if not job.token_ids
        }
        for batch in _batches([job for job in jobs if job.token_ids], batch_tokens):
            done.update(
                zip((job.number for job in batch), self._translate_batch(batch, request), strict=True)
            )
            if progress is not None:
                progress(len(batch))
        translations = iter(done[number] for number in range(len(jobs)))
        return [
            _join(text, parts, [next(translations) for _ in parts])
            for text, parts in zip(texts, pieces, strict=True)
        ]

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        return self.src_tokenizer.encode_ids(texts)

    def _cut(self, text: str, number: int, long: Long, *, whole: bool) -> list[Piece]:
        """Cut a text that is too long; the white space around it stands beside the pieces, not in them."""
        core = text.strip()
        after = text[len(text.rstrip()) :] if core else text
        count = len(self._encode([core])[0]) if len(core.encode()) > self.max_tokens else 0
        if count <= self.max_tokens:
            return [Piece(core, after)]
        if long == "error" or (long == "split" and whole):
            advice = (
                "let it be split or truncated"
                if long == "error"
                else "give it in parts or let it be truncated"
            )
            raise InputError(
                f"a text may have at most {self.max_tokens} tokens for this model, but text {number + 1} "
                f"({core[:30]!r}...) has {count}; {advice} (long)"
            )
        if long == "truncate":
            end = self.src_tokenizer.encode(core).offsets[self.max_tokens - 1][1]
            return [Piece(core[:end], after)]
        parts = split_to_fit(
            core, max_tokens=self.max_tokens, count_tokens=lambda part: len(self._encode([part])[0])
        )
        return [*parts[:-1], replace(parts[-1], after=after)]

    def _translate_batch(self, jobs: Sequence[_Job], request: _Request) -> list[Translation]:
        src = close_source([np.asarray(job.token_ids, np.int64) for job in jobs]).to(self.prepared.device)
        with self.prepared.computing():
            found = self._search(src, [job.number for job in jobs], request)
            return [
                self._answer(job, hypotheses, request) for job, hypotheses in zip(jobs, found, strict=True)
            ]

    def _search(self, src: Packed, numbers: Sequence[int], request: _Request) -> list[list[Hypothesis]]:
        with torch.inference_mode():
            state = self.model.begin(self.model.encode(src), src.lengths)
        times, more = _LONGEST_OUTPUT
        common = {
            "sentences": len(src.lengths),
            "bos_id": BOS_ID,
            "eos_id": EOS_ID,
            "max_lengths": [min(times * length + more, self.max_tokens) for length in src.lengths.values],
            "length_penalty": request.length_penalty,
            "device": self.prepared.device,
        }
        if request.sampling is not None:
            drawn = request.sampling
            settings = {"seed": drawn.seed, "top_k": drawn.top_k, "top_p": drawn.top_p}
            settings |= {"temperature": drawn.temperature, "sentence_ids": numbers}
            return [[found] for found in sample(self.model, state, **common, **settings)]
        if request.beam == 1 and request.n_best == 1:
            return [[found] for found in greedy_search(self.model, state, **common)]
        return beam_search(self.model, state, beam=request.beam, n_best=request.n_best, **common)

    def _answer(self, job: _Job, hypotheses: Sequence[Hypothesis], request: _Request) -> Translation:
        answers = [self._look(job, self._translation(job, found), request) for found in hypotheses]
        return replace(answers[0], n_best=tuple(answers) if request.n_best > 1 else ())

    def _translation(self, job: _Job, found: Hypothesis) -> Translation:
        token_ids = found.token_ids[:-1] if found.finished else found.token_ids
        text = self.tgt_tokenizer.decode(token_ids)
        return Translation(
            text=text,
            tokens=tuple(text[start:end] for start, end in self.tgt_tokenizer.spans(token_ids)),
            token_ids=token_ids,
            log_probs=found.log_probs,
            score=found.score,
            src_tokens=tuple(self.src_tokenizer.pieces(job.text)),
        )

    def _look(self, job: _Job, answer: Translation, request: _Request) -> Translation:
        """Add where the model looked: one explicit pass over the hypothesis."""
        if not (request.attention or request.alignment):
            return answer
        attention = attention_of(self.model, [job.token_ids], [answer.token_ids], self.prepared.device)[0]
        src_words = words_of(job.text, self.src_tokenizer.encode(job.text).offsets)
        tgt_words = words_of(answer.text, self.tgt_tokenizer.spans(answer.token_ids))
        links = align(attention.cross[self.config.alignment_layer], src_words, tgt_words)
        return replace(
            answer,
            attention=attention if request.attention else None,
            alignment=links if request.alignment else None,
        )


def _batches(jobs: Sequence[_Job], budget: int) -> Iterator[list[_Job]]:
    """Cut jobs into batches of neighbours in length, the longest first: memory runs out at once or never."""
    ordered = sorted(jobs, key=lambda job: -len(job.token_ids))
    costs = np.array([len(job.token_ids) + 1 for job in ordered], np.int64)
    for rows in cut(costs, budget):
        yield ordered[rows]


def _join(text: str, parts: Sequence[Piece], translations: Sequence[Translation]) -> Translation:
    """Put the translations of a text's pieces together, with the white space that stood around them."""
    before = text[: len(text) - len(text.lstrip())] if text.strip() else ""
    joined = before + "".join(done.text + part.after for done, part in zip(translations, parts, strict=True))
    first = translations[0]
    if len(parts) == 1:
        truncated = len(parts[0].text) < len(text.strip())
        n_best = tuple(replace(other, text=before + other.text + parts[0].after) for other in first.n_best)
        return replace(first, text=joined, n_best=n_best, truncated=truncated)
    return Translation(
        text=joined,
        tokens=tuple(token for done in translations for token in done.tokens),
        token_ids=tuple(token for done in translations for token in done.token_ids),
        log_probs=tuple(number for done in translations for number in done.log_probs),
        score=sum(done.score for done in translations) / len(translations),
        src_tokens=tuple(token for done in translations for token in done.src_tokens),
        alignment=_join_links(parts, translations),
    )


def _join_links(parts: Sequence[Piece], translations: Sequence[Translation]) -> tuple[Link, ...] | None:
    """Number the words of all pieces through."""
    if any(done.alignment is None for done in translations):
        return None
    links, src, tgt = [], 0, 0
    for part, done in zip(parts, translations, strict=True):
        links += [(src + i, tgt + j) for i, j in done.alignment or ()]
        src, tgt = src + len(part.text.split()), tgt + len(done.text.split())
    return tuple(links)
