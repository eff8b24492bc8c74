"""One translator's weights in several programs: ours, with C and without, CTranslate2, transformers."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

OURS, CTRANSLATE2, TRANSFORMERS = "manyheads", "ctranslate2", "transformers"
EAGER = "manyheads without C"
Translate = Callable[[Sequence[str]], list[list[str] | list[int]]]
"""Texts to the tokens of their translations, the end token not among them; text is made of them too."""


def load_translator(
    name: str, folder: Path, *, precision: str, threads: int, beam: int, tokens: int
) -> Translate:
    """Load one of them; `folder` is in the program's own format, `tokens` the most that it may write."""
    load = {OURS: _ours, EAGER: _eager, CTRANSLATE2: _ctranslate2, TRANSFORMERS: _transformers}[name]
    return load(folder, precision, threads, beam, tokens)


def _ours(folder: Path, precision: str, threads: int, beam: int, _tokens: int) -> Translate:
    from manyheads.inference.load import load
    from manyheads.inference.precision import Precision
    from manyheads.inference.translate import Translator

    model = load(folder, kind=Translator, precision=cast("Precision", precision), threads=threads)
    return lambda texts: [list(done.token_ids) for done in model.translate(texts, beam=beam)]


def _eager(folder: Path, precision: str, threads: int, beam: int, tokens: int) -> Translate:
    from manyheads.inference.native import SWITCH

    os.environ[SWITCH] = "off"
    return _ours(folder, precision, threads, beam, tokens)


def _ctranslate2(folder: Path, precision: str, threads: int, beam: int, tokens: int) -> Translate:
    import ctranslate2

    cut, join = _pieces(folder)
    model = ctranslate2.Translator(
        str(folder), compute_type=precision, intra_threads=threads, inter_threads=1
    )

    def translate(texts: Sequence[str]) -> list[list[str] | list[int]]:
        found = model.translate_batch(
            cut(texts),
            beam_size=beam,
            length_penalty=1.0,
            max_decoding_length=tokens,
            max_batch_size=32,
            suppress_sequences=[["<pad>"]],
        )
        pieces = [each.hypotheses[0] for each in found]
        for each in pieces:
            join(each)
        return list(pieces)

    return translate


def _pieces(folder: Path) -> tuple[Callable[[Sequence[str]], list[list[str]]], Callable[[list[str]], str]]:
    """How the folder's own tokenizer cuts texts into pieces and puts them together."""
    if (folder / "source.spm").is_file():
        import sentencepiece

        src, tgt = (
            sentencepiece.SentencePieceProcessor(model_file=str(folder / f"{side}.spm"))
            for side in ("source", "target")
        )
        return lambda texts: src.encode(list(texts), out_type=str), tgt.decode
    from tokenizers import Tokenizer

    own = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return (
        lambda texts: [found.tokens for found in own.encode_batch(list(texts), add_special_tokens=False)],
        lambda pieces: own.decode([own.token_to_id(piece) for piece in pieces]),
    )


def _transformers(folder: Path, precision: str, threads: int, beam: int, tokens: int) -> Translate:
    import torch
    from transformers import MarianMTModel, MarianTokenizer

    torch.set_num_threads(threads)
    model = MarianMTModel.from_pretrained(folder, dtype=getattr(torch, precision)).eval()
    tokenizer = MarianTokenizer.from_pretrained(folder)

    def translate(texts: Sequence[str]) -> list[list[str] | list[int]]:
        order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
        found: dict[int, list[int]] = {}
        for start in range(0, len(order), 32):
            batch = order[start : start + 32]
            given = tokenizer([texts[number] for number in batch], return_tensors="pt", padding=True)
            with torch.inference_mode():
                written = model.generate(**given, num_beams=beam, max_new_tokens=tokens)
            tokenizer.batch_decode(written, skip_special_tokens=True)
            special = {0, model.config.pad_token_id}
            rows = [[token for token in row if token not in special] for row in written.tolist()]
            found.update(zip(batch, rows, strict=True))
        return [found[number] for number in range(len(texts))]

    return translate
