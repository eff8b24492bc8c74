"""What int8 costs is said in figures of the user's own texts."""

import re
from dataclasses import replace

import pytest
import torch

from manyheads.cli.int8_cost import say_cost_to_translations, say_cost_to_vectors
from manyheads.inference import native
from manyheads.inference.embed import Encoder
from manyheads.inference.native_encoder import NativeEncoder
from manyheads.inference.native_transformer import NativeTransformer
from manyheads.inference.precision import Prepared
from manyheads.inference.translate import Translator

WIDE = {"d_model": 64, "num_heads": 2, "d_ff": 96}
TEXTS = ["a dog runs", "one man", "the dog sees a man in the park"] * 70
INT8 = Prepared(torch.device("cpu"), "int8")
needs_compiler = pytest.mark.skipif(native.library("translator") is None, reason="C needs a compiler")


@pytest.fixture
def encoder(make_runner):
    runner = make_runner(sizes=WIDE)
    runner.model.bert.encoder = NativeEncoder(runner.model.bert.encoder, "int8")
    return Encoder(replace(runner, prepared=INT8))


@needs_compiler
def test_vectors_are_held_against_float32_on_a_hundred_texts_at_most(encoder, capsys):
    say_cost_to_vectors(encoder, TEXTS)
    said = capsys.readouterr().err
    pattern = r"manyheads: int8: cosine to float32 on (\d+) of your texts: mean (0\.\d{4}), min (0\.\d{4})\n"
    count, mean, least = re.fullmatch(pattern, said).groups()
    assert count == "70"
    assert 0.9 < float(least) <= float(mean) < 1
    assert isinstance(encoder.model.bert.encoder, NativeEncoder)


@needs_compiler
def test_translations_are_held_against_float32_s(make_translator, capsys):
    plain = make_translator(**WIDE)
    tokenizers = plain.src_tokenizer, plain.tgt_tokenizer
    in_c = NativeTransformer(plain.model, "int8")
    say_cost_to_translations(Translator(plain.model, tokenizers, plain.config, INT8, in_c), TEXTS[:3])
    said = capsys.readouterr().err
    assert re.fullmatch(r"manyheads: int8: [0-3] of 3 of your texts are translated as in float32\n", said)


def test_nothing_is_said_in_another_precision(make_runner, make_translator, capsys):
    say_cost_to_vectors(Encoder(make_runner()), TEXTS)
    say_cost_to_translations(make_translator(), TEXTS)
    assert capsys.readouterr() == ("", "")
