"""An encoder and a text, or a pair: where each head looked, and what was calculated."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from manyheads.batches.labelled import pack_texts
from manyheads.batches.packed import Packed
from manyheads.errors import InputError
from manyheads.inference.asked import Long
from manyheads.inference.classify import Classifier
from manyheads.inference.embed import Encoder
from manyheads.inference.fill_mask import MaskFiller
from manyheads.inference.tag import Tagger
from manyheads.model.bert import EncoderModel
from manyheads.model.tap import Kind, record_attention
from manyheads.model.trace import LayerTrace, trace_embedding, trace_encoder
from manyheads.shapes import Hidden
from manyheads.text.text_tokens import TextTokens
from manyheads.views.maps import AttentionMaps, KindMaps
from manyheads.views.reading import Answer, Head, Reading, likeliest, refuse_empty, too_long

TextModel = Encoder | MaskFiller | Classifier | Tagger


@final
class TextReading(Reading):
    """What an encoder makes of a text.

    Args:
        model: The encoder, whatever is read off it.
        text: What is read.
        pair: The second text of a pair.
        name: The model's name, for captions.
        hidden: Places of tokens that are hidden behind the mask, counted from 0.
        off: Heads that are switched off.
        long: What to do with a text over the model's limit: raise, or leave out its end.

    Raises:
        InputError: The text is empty or too long, a place is not there, or the model has no mask.
    """

    effect = "1 − cosine of the last states, mean over the tokens"

    def __init__(
        self,
        model: TextModel,
        text: str,
        pair: str | None = None,
        *,
        name: str,
        hidden: Sequence[int] = (),
        off: Sequence[Head] = (),
        long: Long = "error",
    ) -> None:
        refuse_empty(*((text,) if pair is None else (text, pair)))
        self.model, self._name, self._texts = model, name, (text, pair)
        self.off = tuple(off)
        pairs = None if pair is None else [pair]
        templates = model.tokenizer.mask_id is not None
        limit = None if long == "error" else model.max_tokens
        [tokens] = model.tokenizer.encode([text], pairs, max_tokens=limit, templates=templates)
        if len(tokens) > model.max_tokens:
            raise too_long(len(tokens), model.max_tokens)
        self.tokens = _hide(tokens, hidden, model)
        self.hidden = tuple(hidden)

    @property
    def network(self) -> EncoderModel:
        """The encoder's network."""
        return self.model.model

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Each token as people see it: the slice of the text that it stands for, special ones by name."""
        return tuple(self._label(place) for place in range(len(self.tokens)))

    def _look(self) -> AttentionMaps:
        with record_attention(self.network) as recorded, torch.inference_mode(), self.switched():
            self.network.bert(self._packed(1))
        weights = torch.stack([layer[0] for layer in recorded["encoder"]]).cpu().numpy()
        shown = " ⟷ ".join(self._shown(side) for side, text in enumerate(self._texts) if text is not None)
        return AttentionMaps(
            self._name, shown, None, {"encoder": KindMaps(self.labels, self.labels, weights)}
        )

    @property
    def marks(self) -> dict[str, list[bool]]:
        """Which tokens are special ones."""
        return {"encoder": [side is None for side in self.tokens.sides]}

    def _ask(self) -> Answer:
        if isinstance(self.model, Encoder):
            return Answer("states")
        with torch.inference_mode(), self.switched():
            if isinstance(self.model, MaskFiller):
                scores = self.model.score(self.network.bert(self._packed(1)))
                return Answer("words", words=likeliest(scores, self.model.tokenizer.token))
            if isinstance(self.model, Tagger):
                labels = self.model.config.labels
                return Answer("words", words=likeliest(self.network(self._packed(1)), labels.__getitem__))
            return Answer("labels", labels=self._classified())

    def layers(self, kind: Kind) -> Iterator[LayerTrace]:
        """Trace the encoder.

        Args:
            kind: `encoder`, the only one.

        Yields:
            Its layers from the bottom up.
        """
        self.maps.kind(kind)
        with self.switched():
            yield from trace_encoder(self.network.bert.encoder, self._packed(1))

    def embedding(self, kind: Kind) -> dict[str, Hidden]:
        """Take apart what the tokens begin with.

        Args:
            kind: `encoder`, the only one.

        Returns:
            The parts of each token's vector.
        """
        self.maps.kind(kind)
        return trace_embedding(self.network.bert.encoder.embedding, self._packed(1))

    def states(self) -> list[Hidden]:
        """Give what the embedding and each layer made of the tokens.

        Returns:
            The embedding's vectors, then each layer's, from the bottom up.
        """
        with torch.inference_mode(), self.switched():
            return self.network.bert.layer_by_layer(self._packed(1))

    def repeated(self, copies: int) -> Float[Tensor, "copies tokens d_model"]:
        """Run copies of the text as one batch.

        Args:
            copies: How many.

        Returns:
            The last layer's states of each.
        """
        with torch.inference_mode(), self.switched():
            return self.network.bert(self._packed(copies)).float().unflatten(0, (copies, -1))

    @property
    def usual_layer(self) -> int:
        """The last layer."""
        return self.maps.kinds["encoder"].num_layers - 1

    @property
    def row_ids(self) -> tuple[int, ...]:
        """The ids of the text's tokens."""
        return tuple(self.tokens.token_ids)

    def distances(
        self, before: Float[Tensor, "1 tokens d_model"], after: Float[Tensor, "copies tokens d_model"]
    ) -> Float[Tensor, "copies tokens"]:
        """Say how far each token's state has turned.

        Args:
            before: The states as they were.
            after: Those of each copy.

        Returns:
            One minus the cosine between a token's two states; from 0 to 2.
        """
        return 1 - F.cosine_similarity(before, after, dim=-1)

    def _packed(self, copies: int) -> Packed:
        return pack_texts([self.tokens] * copies).to(self.model.runner.prepared.device)

    def _label(self, place: int) -> str:
        side = self.tokens.sides[place]
        if side is None or place in self.hidden:
            return self.model.tokenizer.token(self.tokens.token_ids[place])
        start, end = self.tokens.offsets[place]
        return (self._texts[side] or "")[start:end]

    def _shown(self, side: int) -> str:
        """A text with the mask where words are hidden."""
        text, mask = self._texts[side] or "", self.model.tokenizer.mask_token or ""
        for place in sorted(self.hidden, reverse=True):
            start, end = self.tokens.offsets[place]
            if self.tokens.sides[place] == side:
                text = f"{text[:start]}{mask}{text[end:]}"
        return text

    def _classified(self) -> tuple[tuple[str, float], ...]:
        config, scores = self.model.config, self.network(self._packed(1))[0].float()
        if config.task == "regression":
            return (("score", scores.item()),)
        shares = scores.sigmoid() if config.several_labels else torch.softmax(scores, dim=-1)
        return tuple(sorted(zip(config.labels, shares.tolist(), strict=True), key=lambda pair: -pair[1]))


def _hide(tokens: TextTokens, places: Sequence[int], model: TextModel) -> TextTokens:
    """Put the mask in place of some tokens."""
    if not places:
        return tokens
    mask_id = model.tokenizer.mask_id
    if mask_id is None:
        raise InputError("hiding a word takes a mask, but this model's vocabulary has none")
    for place in places:
        if not 0 <= place < len(tokens) or tokens.sides[place] is None:
            raise InputError(
                f"a token to hide must be one of the text's, counted from 0 over all {len(tokens)}, "
                f"but {place} is not"
            )
    ids = [mask_id if place in places else token for place, token in enumerate(tokens.token_ids)]
    return replace(tokens, token_ids=ids)
