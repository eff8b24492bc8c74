"""A translator, a source and its translation: where each head looked, and what was calculated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from manyheads.batches.translation import TranslationBatch, pack_pairs
from manyheads.errors import InputError
from manyheads.inference.forced import force_translation
from manyheads.inference.search import Ranked
from manyheads.inference.translate import Translator
from manyheads.inference.translation import Translation
from manyheads.model.build import Translating
from manyheads.model.tap import Kind
from manyheads.model.trace import LayerTrace, trace_decoder, trace_embedding, trace_encoder
from manyheads.model.transformer import Transformer
from manyheads.shapes import Hidden
from manyheads.views.beam import Kept, kept_at_each_step
from manyheads.views.maps import AttentionMaps
from manyheads.views.of_translation import END, Linked, link_words, maps_of_translation
from manyheads.views.reading import CHOICES, Answer, Head, Reading, Words, likeliest, refuse_empty, too_long

_HYPOTHESES = 5


@dataclass(frozen=True)
class Written:
    """How a translation came about.

    Attributes:
        tokens: What was written, step by step, the end token last.
        probabilities: How likely each was at its step.
        choices: The likeliest tokens of each step.
        token_ids: The ids of `tokens`.
        choice_ids: Those of `choices`.
        beam: The prefixes that the search kept at each step; nothing where the target was given.
        hypotheses: The translations that the search found, best first, with their scores; one where the
            target was given.
        linked: What belongs together in the pair.
    """

    tokens: tuple[str, ...]
    probabilities: tuple[float, ...]
    choices: tuple[Words, ...]
    token_ids: tuple[int, ...]
    choice_ids: tuple[tuple[int, ...], ...]
    beam: tuple[tuple[Kept, ...], ...]
    hypotheses: tuple[tuple[str, float], ...]
    linked: Linked


@final
class TranslationReading(Reading):
    """What a translator makes of a text.

    Args:
        translator: The model.
        text: The source.
        target: A translation to look at; None for the model's own.
        begin_ids: Tokens with which the model's own has to begin.
        name: The model's name, for captions.
        off: Heads that are switched off.
        long: What to do with a source over the model's limit.

    Raises:
        InputError: A text is empty or too long, or there is a target and a beginning.
    """

    effect = "share of the next word's probability that moves, mean over the steps"

    def __init__(
        self,
        translator: Translator,
        text: str,
        target: str | None = None,
        *,
        begin_ids: Sequence[int] = (),
        name: str,
        off: Sequence[Head] = (),
        long: Literal["error", "truncate"] = "error",
    ) -> None:
        refuse_empty(text)
        if target is not None and begin_ids:
            raise InputError("a translation is given, or how it begins, but both were; give one of the two")
        self._begin_ids = tuple(begin_ids)
        self._translator, self._name, self._text = translator, name, text.strip()
        self._ranked: list[Ranked] = []
        self.off, self.given = tuple(off), target is not None
        if long == "error" and (count := translator.tokens_over(self._text)):
            raise too_long(count, translator.max_tokens)
        with self.switched():
            self.translation = self._translate(target, long)

    def _translate(self, target: str | None, long: Literal["error", "truncate"]) -> Translation:
        if target is not None:
            return force_translation(self._translator, self._text, target)
        return self._translator.translate(
            [self._text],
            attention=True,
            alignment=True,
            long=long,
            n_best=min(self._beam, _HYPOTHESES),
            begin_ids=self._begin_ids,
            watch=self._ranked.append,
        )[0]

    @property
    def _beam(self) -> int:
        return max(self._translator.config.decoding.beam, 1)

    @property
    def network(self) -> Translating:
        """The translator's network."""
        return self._translator.model

    def _look(self) -> AttentionMaps:
        notes = {"score": f"{self.translation.score:z.4f}"} | ({"target": "given"} if self.given else {})
        return maps_of_translation(self.translation, src_text=self._text, model=self._name, notes=notes)

    @property
    def marks(self) -> dict[str, list[bool]]:
        """Which tokens are special ones: what ends the source, and what begins the target."""
        sources = len(self.maps.kind("cross").columns)
        ends = [place == sources - 1 for place in range(sources)]
        begins = [place == 0 for place in range(len(self.maps.kind("cross").rows))]
        return {"encoder": ends, "cross": ends, "decoder": begins}

    def _ask(self) -> Answer:
        return Answer("words", words=likeliest(self._next_scores(), self._spell))

    def _next_scores(self) -> Float[Tensor, "steps vocab"]:
        """Give the log probabilities of what comes next at each step that was taken."""
        return self.repeated(1)[0][: len(self.translation.log_probs)]

    @property
    def usual_layer(self) -> int:
        """The layer of the decoder whose cross attention aligns words."""
        return self._translator.config.alignment_layer

    @cached_property
    def linked(self) -> Linked:
        """What belongs together in the pair."""
        return link_words(self.translation, src_text=self._text, layer=self.usual_layer)

    @cached_property
    def written(self) -> Written:
        """How the translation came about."""
        done = self.translation
        found = done.n_best or (done,)
        scores = self._next_scores()
        token_ids = self.row_ids[: len(scores)]
        return Written(
            token_ids=token_ids,
            beam=kept_at_each_step(
                self._ranked,
                token_ids,
                beam=self._beam,
                end=self._translator.special.tgt.end,
                spell=self._translator.tgt_tokenizer.decode,
            ),
            choice_ids=tuple(map(tuple, scores.topk(min(CHOICES, scores.shape[1])).indices.tolist())),
            tokens=self.maps.kind("cross").rows,
            probabilities=tuple(float(np.exp(log)) for log in done.log_probs),
            choices=self.answer.words,
            hypotheses=tuple((each.text, each.score) for each in found),
            linked=self.linked,
        )

    def layers(self, kind: Kind) -> Iterator[LayerTrace]:
        """Trace the encoder or the decoder.

        Args:
            kind: Which kind of attention is wanted.

        Yields:
            The layers of the stack that has it, from the bottom up; none of a recurrent network.
        """
        self.maps.kind(kind)
        network, batch = self.network, self._batch(1)
        if not isinstance(network, Transformer):
            return
        with self._translator.prepared.computing(), self.switched():
            if kind == "encoder":
                yield from trace_encoder(network.encoder, batch.src)
            else:
                memory = network.encode(batch.src)
                yield from trace_decoder(network.decoder, batch.tgt, memory, batch.src)

    def embedding(self, kind: Kind) -> dict[str, Hidden]:
        """Take apart what the tokens that look begin with.

        Args:
            kind: Which kind of attention is looked at.

        Returns:
            The parts of each token's vector; none of a recurrent network.
        """
        network, batch = self.network, self._batch(1)
        if not isinstance(network, Transformer):
            return {}
        if kind == "encoder":
            return trace_embedding(network.encoder.embedding, batch.src)
        return trace_embedding(network.decoder.embedding, batch.tgt)

    def repeated(self, copies: int) -> Float[Tensor, "copies steps vocab"]:
        """Read copies of the pair as one batch.

        Args:
            copies: How many.

        Returns:
            The log probabilities of the next token at each step of each.
        """
        batch = self._batch(copies)
        with torch.inference_mode(), self._translator.prepared.computing(), self.switched():
            scores = self.network(batch.src, batch.tgt).log_softmax(dim=1, dtype=torch.float32)
        return scores.unflatten(0, (copies, -1))

    @property
    def row_ids(self) -> tuple[int, ...]:
        """The ids of what was written, and of the end token."""
        return (*self.translation.token_ids, self._translator.special.tgt.end)

    def distances(
        self, before: Float[Tensor, "1 steps vocab"], after: Float[Tensor, "copies steps vocab"]
    ) -> Float[Tensor, "copies steps"]:
        """Say how much of each step's probability has moved.

        Args:
            before: The log probabilities as they were.
            after: Those of each copy.

        Returns:
            Half the sum of the differences between a step's probabilities (total variation); from 0 to 1.
        """
        return (before.exp() - after.exp()).abs().sum(dim=-1) / 2

    def _spell(self, token_id: int) -> str:
        if token_id == self._translator.special.tgt.end:
            return END
        return self._translator.tgt_tokenizer.decode([token_id])

    def _batch(self, copies: int) -> TranslationBatch:
        src = self._translator.src_tokenizer.encode_ids([self._read])[0]
        tgt = list(self.translation.token_ids)
        pair = (np.asarray(src, np.int64), np.asarray(tgt, np.int64))
        batch = pack_pairs([pair[0]] * copies, [pair[1]] * copies, self._translator.special)
        return batch.to(self._translator.prepared.device)

    @property
    def _read(self) -> str:
        """What of the source was read: of a text that was cut, its beginning."""
        return "".join(self.translation.src_tokens)
