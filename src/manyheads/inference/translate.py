"""Text in, translations out."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch

from manyheads.batches.packed import Packed
from manyheads.batches.translation import close_source
from manyheads.checkpoint.config import TranslatorConfig
from manyheads.errors import InputError
from manyheads.inference.alignment import align, words_of
from manyheads.inference.asked import Long, check_lists
from manyheads.inference.at_once import at_once
from manyheads.inference.constraints import Constraints, check_begin
from manyheads.inference.maps import attention_of
from manyheads.inference.native_transformer import NativeTransformer
from manyheads.inference.precision import Prepared
from manyheads.inference.sampling import Sampling, sample
from manyheads.inference.search import Decoder, Hypothesis, Ranked, beam_search, greedy_search
from manyheads.inference.sources import Job, Sources, in_batches
from manyheads.inference.translation import Translation, join
from manyheads.model.build import Translating
from manyheads.model.tap import Tap, attentions
from manyheads.text.subwords import PairSpecials, Subwords

__all__ = ["Long", "Sampling", "Translation", "Translator"]

_AT_ONCE = 64
"""Sentences that are searched together in C: rows enough for the processor's best, and no more memory."""


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
    begin_ids: tuple[int, ...]
    watch: Callable[[Ranked], None] | None


class Translator:
    """A trained translator.

    Args:
        model: The network, in evaluation mode.
        tokenizers: Of the source and of the target.
        config: What its config.json says.
        prepared: In which precision and where it computes.
        native: The same network in C; None where it runs in PyTorch.
    """

    def __init__(
        self,
        model: Translating,
        tokenizers: tuple[Subwords, Subwords],
        config: TranslatorConfig,
        prepared: Prepared,
        native: NativeTransformer | None = None,
    ) -> None:
        self.model = model
        self.native = native
        self._attentions = attentions(model)
        self.src_tokenizer, self.tgt_tokenizer = tokenizers
        self.config = config
        self.prepared = prepared

    def in_pytorch(self) -> "Translator":
        """Give the same translator without C: slower, and in float32 where C is in int8.

        Returns:
            A translator that shares the network.
        """
        return Translator(self.model, (self.src_tokenizer, self.tgt_tokenizer), self.config, self.prepared)

    @property
    def special(self) -> PairSpecials:
        """The special ids of both sides."""
        return PairSpecials(self.src_tokenizer.special, self.tgt_tokenizer.special)

    @property
    def max_tokens(self) -> int:
        """The most tokens that a source text may have, its end token not counted."""
        return self.model.max_length - 1

    @property
    def _sources(self) -> Sources:
        return Sources(self.src_tokenizer, self.max_tokens)

    def tokens_over(self, text: str) -> int:
        """Count the tokens of a text that is longer than the model takes.

        Args:
            text: The text; white space at its ends does not count.

        Returns:
            Its tokens; 0 for a text that the model takes as it is.
        """
        return self._sources.tokens_over(text)

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
        begin_ids: Sequence[int] = (),
        watch: Callable[[Ranked], None] | None = None,
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
            long: What to do with a text over the model's limit: split it at sentence ends, truncate it, or
                raise.
            batch_tokens: About how many source tokens are translated at once.
            progress: Called with the number of texts done, every now and then.
            begin_ids: Tokens with which every translation begins; the search goes on from there.
            watch: Told what each step of the beam search ranked, batch by batch.

        Returns:
            One translation a text, in their order.

        Raises:
            InputError: A text is over the limit and `long` is `error`, or it would be split where one piece
                is needed: for attention, or for several hypotheses; or what is asked for makes no sense.
        """
        check_lists(texts, long=long)
        if sampling is not None and n_best != 1:
            raise InputError(
                f"sampling draws one translation a text, but n_best is {n_best}; sample several times"
            )
        request = _Request(
            beam=self.config.decoding.beam if beam is None else beam,
            length_penalty=self.config.decoding.length_penalty if length_penalty is None else length_penalty,
            n_best=n_best,
            sampling=sampling,
            attention=attention,
            alignment=alignment,
            batch_tokens=batch_tokens,
            begin_ids=check_begin(begin_ids, self.tgt_tokenizer.vocab_size, self.max_tokens),
            watch=watch,
        )
        pieces = self._sources.cut(texts, long, whole=attention or n_best > 1)
        jobs = self._sources.jobs(pieces)
        translations = iter(self._translate_jobs(jobs, request, progress or _tell_nobody))
        return [
            join(text, parts, [next(translations) for _ in parts])
            for text, parts in zip(texts, pieces, strict=True)
        ]

    def _translate_jobs(
        self, jobs: Sequence[Job], request: _Request, progress: Callable[[int], None]
    ) -> list[Translation]:
        """Translate the pieces in their order; a text is done when its last piece is."""
        nothing = () if request.alignment else None
        done = {job.place: Translation(job.text, alignment=nothing) for job in jobs if not job.token_ids}
        waiting = Counter(job.number for job in jobs if job.token_ids)
        progress(len({job.number for job in jobs} - set(waiting)))
        batches = in_batches(
            [job for job in jobs if job.token_ids], request.batch_tokens, self._workers(request)
        )
        found = at_once(
            lambda batch: self._translate_batch(batch, request), batches, workers=self._workers(request)
        )
        for batch, answers in zip(batches, found, strict=True):
            done.update(zip((job.place for job in batch), answers, strict=True))
            waiting.subtract(job.number for job in batch)
            progress(len({job.number for job in batch if not waiting[job.number]}))
        return [done[job.place] for job in jobs]

    def _workers(self, request: _Request) -> int:
        """Say how many batches are worked on at once; only C lets go of Python meanwhile."""
        alone = request.attention or request.alignment or request.watch is not None
        return 1 if alone or self._network is self.model else torch.get_num_threads()

    def _translate_batch(self, jobs: Sequence[Job], request: _Request) -> list[Translation]:
        token_ids = [np.asarray(job.token_ids, np.int64) for job in jobs]
        src = close_source(token_ids, self.special.src).to(self.prepared.device)
        with self.prepared.computing():
            found = self._search(src, jobs, request)
            return [
                self._answer(job, hypotheses, request) for job, hypotheses in zip(jobs, found, strict=True)
            ]

    @property
    def _network(self) -> Translating | NativeTransformer:
        """The network that searches; where somebody looks inside, or changes something, the open one."""
        watched = any(Tap(attention) for attention in self._attentions)
        return self.native if self.native and not watched else self.model

    def _search(self, src: Packed, jobs: Sequence[Job], request: _Request) -> list[list[Hypothesis]]:
        network = self._network
        # What its state is differs from one to the other, and is its own affair.
        decoder = cast("Decoder[Any]", network)
        with torch.inference_mode():
            state = decoder.begin(network.encode(src), src.lengths)
        special, decoding = self.tgt_tokenizer.special, self.config.decoding
        common = {
            "sentences": len(src.lengths),
            "bos_id": special.begin,
            "eos_id": special.end,
            "max_lengths": [
                max(self._longest_output(length), len(request.begin_ids) + 1) for length in src.lengths.values
            ],
            "length_penalty": request.length_penalty,
            "constraints": Constraints(
                special.barred, decoding.renormalize, decoding.force_end, request.begin_ids
            ),
            "device": self.prepared.device,
        }
        if request.sampling is not None:
            drawn = request.sampling
            settings = {"seed": drawn.seed, "top_k": drawn.top_k, "top_p": drawn.top_p}
            streams = [job.number + (job.part << 32) for job in jobs]
            settings |= {"temperature": drawn.temperature, "sentence_ids": streams}
            return [[found] for found in sample(decoder, state, **common, **settings)]
        if request.beam == 1 and request.n_best == 1 and request.watch is None:
            return [[found] for found in greedy_search(decoder, state, **common)]
        how = {"beam": request.beam, "n_best": request.n_best, "watch": request.watch}
        return beam_search(decoder, state, at_once=_AT_ONCE, **how, **common)

    def _longest_output(self, src_length: int) -> int:
        decoding = self.config.decoding
        longest = int(decoding.max_length_factor * src_length) + decoding.max_length_extra
        return min(longest, self.max_tokens)

    def _answer(self, job: Job, hypotheses: Sequence[Hypothesis], request: _Request) -> Translation:
        answers = [self._look(job, self._translation(job, found), request) for found in hypotheses]
        return replace(answers[0], n_best=tuple(answers) if request.n_best > 1 else ())

    def _translation(self, job: Job, found: Hypothesis) -> Translation:
        ended = found.token_ids[-1] == self.tgt_tokenizer.special.end
        token_ids = found.token_ids[:-1] if ended else found.token_ids
        text = self.tgt_tokenizer.decode(token_ids)
        return Translation(
            text=text,
            tokens=tuple(text[start:end] for start, end in self.tgt_tokenizer.spans(token_ids)),
            token_ids=token_ids,
            log_probs=found.log_probs,
            score=found.score,
            finished=found.finished,
            src_tokens=tuple(self.src_tokenizer.pieces(job.text)),
        )

    def _look(self, job: Job, answer: Translation, request: _Request) -> Translation:
        """Add where the model looked: one explicit pass over the hypothesis."""
        if not (request.attention or request.alignment):
            return answer
        attention = attention_of(
            self.model, [job.token_ids], [answer.token_ids], self.special, self.prepared.device
        )[0]
        attention = attention.first(len(answer.log_probs))
        src_words = words_of(job.text, self.src_tokenizer.encode(job.text).offsets)
        tgt_words = words_of(answer.text, self.tgt_tokenizer.spans(answer.token_ids))
        links = align(attention.cross[self.config.alignment_layer], src_words, tgt_words)
        return replace(
            answer,
            attention=attention if request.attention else None,
            alignment=links if request.alignment else None,
        )


def _tell_nobody(_done: int) -> None:
    pass
