"""Encoders in C: what they say, and when they do not run there."""

import numpy as np
import pytest
import torch

from manyheads.batches.packed import pack
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.store import StoredModel, save_model
from manyheads.errors import InputError
from manyheads.inference import native
from manyheads.inference.embed import Encoder
from manyheads.inference.load import load
from manyheads.inference.native_encoder import NativeEncoder, in_pytorch
from manyheads.model.tap import record_attention, switch_off

TEXTS = ["a dog runs", "one man", "the dog sees a man in the park", "two men", "a"]
BATCH = pack([[3, 9, 8], [7, 5, 4], [11, 12, 13, 14, 15]])
pytestmark = pytest.mark.usefixtures("power_stays_on")
WIDE = {"d_model": 64, "num_heads": 2, "d_ff": 96}
needs_compiler = pytest.mark.skipif(native.library("translator") is None, reason="C needs a compiler")


@pytest.fixture
def folder(make_runner, tmp_path):
    runner = make_runner(sizes=WIDE)
    config = runner.config.model_dump(mode="json")
    weights = {name: 0.3 * weight for name, weight in parameters_of(runner.model).items()}
    save_model(tmp_path / "wide", StoredModel(config, weights, {"text": runner.tokenizer}))
    return tmp_path / "wide"


@needs_compiler
@pytest.mark.parametrize("activation", ["gelu", "relu", "silu", "gelu_tanh"])
@torch.inference_mode()
def test_states_are_those_of_the_open_layers(make_runner, activation):
    bert = make_runner(sizes=WIDE | {"activation": activation}).model.bert
    wanted = bert(BATCH)
    bert.encoder = NativeEncoder(bert.encoder, "float32")
    torch.testing.assert_close(bert(BATCH), wanted, rtol=1e-5, atol=1e-5)
    with in_pytorch(bert):
        assert torch.equal(bert(BATCH), wanted)
    assert isinstance(bert.encoder, NativeEncoder)


@needs_compiler
@torch.inference_mode()
def test_who_looks_inside_sees_the_open_layers(make_runner):
    bert = make_runner(sizes=WIDE).model.bert
    usual = bert(BATCH)
    bert.encoder = NativeEncoder(bert.encoder, "float32")
    with record_attention(bert) as maps:
        bert(BATCH)
    assert len(maps["encoder"][0]) == 3
    with switch_off(bert, heads=[("encoder", 0, 1)]):
        assert not torch.allclose(bert(BATCH), usual, atol=1e-3)


@needs_compiler
def test_who_wants_gradients_gets_those_of_the_open_layers(make_runner):
    bert = make_runner(sizes=WIDE).model.bert
    tokens = bert.encoder.embedding.tokens.weight.requires_grad_()
    weights = torch.randn(96, generator=torch.Generator().manual_seed(1))

    def slope():
        tokens.grad = None
        (bert(BATCH) @ weights[: bert(BATCH).shape[1]]).square().sum().backward()
        return tokens.grad

    wanted = slope()
    bert.encoder = NativeEncoder(bert.encoder, "float32")
    torch.testing.assert_close(slope(), wanted, rtol=0, atol=0)


@needs_compiler
@pytest.mark.parametrize(("precision", "least"), [("float32", 0.999999), ("int8", 0.99)])
def test_a_loaded_encoder_runs_in_c(folder, precision, least):
    wanted = load(folder, kind=Encoder, pack=False).embed(TEXTS, normalize=True)
    encoder = load(folder, kind=Encoder, precision=precision)
    assert isinstance(encoder.model.bert.encoder, NativeEncoder)
    assert encoder.runner.prepared.precision == precision
    cosines = (encoder.embed(TEXTS, normalize=True) * wanted).sum(axis=1)
    assert cosines.min() > least
    assert (np.abs(cosines - 1) < 1e-6).all() == (precision == "float32")


@needs_compiler
@pytest.mark.parametrize("precision", ["auto", "float32"])
def test_an_open_encoder_runs_in_c_and_keeps_its_matrices(folder, precision):
    plain = load(folder, kind=Encoder, pack=False)
    encoder = load(folder, kind=Encoder, pack="open", precision=precision)
    assert isinstance(encoder.model.bert.encoder, NativeEncoder)
    np.testing.assert_allclose(encoder.embed(TEXTS), plain.embed(TEXTS), rtol=1e-5, atol=1e-5)
    kept = parameters_of(encoder.model)
    for name, parameter in parameters_of(plain.model).items():
        assert torch.equal(kept[name], parameter)


def test_an_open_encoder_is_in_pytorch_where_c_would_give_other_numbers(folder):
    """What a head changes is the difference to the whole model, which must be calculated as it is."""
    encoder = load(folder, kind=Encoder, pack="open", precision="bfloat16")
    assert not isinstance(encoder.model.bert.encoder, NativeEncoder)
    with pytest.warns(UserWarning, match="nobody who looks inside"):
        encoder = load(folder, kind=Encoder, pack="open", precision="int8")
    assert not isinstance(encoder.model.bert.encoder, NativeEncoder)
    assert str(encoder.runner.prepared) == "cpu, float32 (int8 cannot be had here)"


def test_another_way_of_packing_is_refused(folder):
    with pytest.raises(InputError, match="pack must be True, 'open' or False, but is 'opne'"):
        load(folder, pack="opne")


@needs_compiler
@pytest.mark.parametrize("found", ["float32", "bfloat16"])
def test_auto_takes_what_a_trial_finds(folder, monkeypatch, found):
    monkeypatch.setattr("manyheads.inference.precision.try_both", lambda _device: (found, "as tried"))
    encoder = load(folder, kind=Encoder)
    assert str(encoder.runner.prepared) == f"cpu, {found} (as tried)"
    plain = load(folder, kind=Encoder, pack=False)
    assert str(plain.runner.prepared) == "cpu, float32 (to be looked at)"
    cosines = (encoder.embed(TEXTS, normalize=True) * plain.embed(TEXTS, normalize=True)).sum(axis=1)
    assert cosines.min() > (0.999999 if found == "float32" else 0.999)


@pytest.mark.usefixtures("fresh")
def test_where_c_cannot_run_int8_becomes_float32_and_says_so(folder, monkeypatch):
    monkeypatch.setenv("MANYHEADS_NATIVE", "off")
    with pytest.warns(UserWarning, match="int8 takes a C compiler, a model whose widths"):
        encoder = load(folder, kind=Encoder, precision="int8")
    assert str(encoder.runner.prepared) == "cpu, float32 (int8 cannot be had here)"
    np.testing.assert_allclose(
        encoder.embed(TEXTS), load(folder, kind=Encoder, pack=False).embed(TEXTS), rtol=1e-5, atol=1e-5
    )


@needs_compiler
def test_who_looks_inside_sees_all_batches_in_their_order(folder):
    """Several batches, and two threads: batches at once would be on threads that observers do not see."""
    encoder = load(folder, kind=Encoder)
    texts = TEXTS * 60
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        usual = encoder.embed(texts, batch_tokens=256)
        with switch_off(encoder.model, heads=[("encoder", 0, 1)]):
            off = encoder.embed(texts, batch_tokens=256)
            alone = encoder.embed(texts[:5], batch_tokens=256)
    finally:
        torch.set_num_threads(before)
    np.testing.assert_allclose(off[:5], alone, rtol=1e-5, atol=1e-5)
    assert np.abs(off - usual).max() > 1e-3
