"""A translation that somebody else made: how likely the model finds it, and where it would have looked."""

import numpy as np
import torch

from manyheads.batches.translation import pack_pairs
from manyheads.errors import InputError
from manyheads.inference.alignment import align, words_of
from manyheads.inference.maps import attention_of
from manyheads.inference.translate import Translator
from manyheads.inference.translation import Translation


def force_translation(translator: Translator, src_text: str, tgt_text: str) -> Translation:
    """Read a given target as if the model had written it.

    Args:
        translator: The model.
        src_text: The source.
        tgt_text: Its translation.

    Returns:
        The target with its log probabilities, score, attention and alignment.

    Raises:
        InputError: A text is empty, or longer than the model takes.
    """
    src, tgt = src_text.strip(), tgt_text.strip()
    src_ids = _ids(translator, "source", src)
    tgt_ids = _ids(translator, "target", tgt)
    spans = translator.tgt_tokenizer.spans(tgt_ids)
    text = translator.tgt_tokenizer.decode(tgt_ids)
    with translator.prepared.computing():
        log_probs = _log_probs(translator, src_ids, tgt_ids)
        attention = attention_of(
            translator.model, [src_ids], [tgt_ids], translator.special, translator.prepared.device
        )[0]
    links = align(
        attention.cross[translator.config.alignment_layer],
        words_of(src, translator.src_tokenizer.encode(src).offsets),
        words_of(text, spans),
    )
    return Translation(
        text=text,
        tokens=tuple(text[start:end] for start, end in spans),
        token_ids=tuple(tgt_ids),
        log_probs=log_probs,
        score=sum(log_probs) / len(log_probs) ** translator.config.decoding.length_penalty,
        src_tokens=tuple(translator.src_tokenizer.pieces(src)),
        attention=attention,
        alignment=links,
    )


def _ids(translator: Translator, side: str, text: str) -> list[int]:
    tokenizer = translator.src_tokenizer if side == "source" else translator.tgt_tokenizer
    ids = tokenizer.encode_ids([text])[0]
    if not ids:
        raise InputError(f"the {side} must hold at least one token, but {text!r} holds none")
    if len(ids) > translator.max_tokens:
        raise InputError(
            f"the {side} may have at most {translator.max_tokens} tokens for this model, but has {len(ids)}; "
            "give it in parts"
        )
    return ids


@torch.inference_mode()
def _log_probs(translator: Translator, src_ids: list[int], tgt_ids: list[int]) -> tuple[float, ...]:
    batch = pack_pairs([np.asarray(src_ids, np.int64)], [np.asarray(tgt_ids, np.int64)], translator.special)
    batch = batch.to(translator.prepared.device)
    scores = translator.model(batch.src, batch.tgt).log_softmax(dim=1, dtype=torch.float32)
    return tuple(scores.gather(1, batch.labels[:, None])[:, 0].tolist())
