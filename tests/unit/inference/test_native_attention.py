"""Attention in C against attention by definition, and what happens where it cannot be compiled."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from manyheads.batches.packed import Lengths, pack
from manyheads.inference import native, native_attention
from manyheads.inference.embed import Encoder
from manyheads.inference.native_attention import attend_packed, can_attend, fits
from manyheads.inference.packed_layers import PackedEncoder, pack_layers
from manyheads.inference.packed_linear import can_pack
from manyheads.model.tap import record_attention

needs_kernel = pytest.mark.skipif(
    not can_attend(), reason="native attention takes a C compiler and a processor with AVX-512 and bfloat16"
)
WIDE = {"d_model": 64, "num_heads": 2}
LONG = pack([[3 + place % 9 for place in range(length)] for length in (16,) * 70 + (9,) * 3])


def by_definition(block, lengths, num_heads):
    contexts = []
    for part in block.float().split(lengths):
        query, key, value = (
            each.unflatten(1, (num_heads, -1)).transpose(0, 1) for each in part.chunk(3, dim=1)
        )
        scores = query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])
        contexts.append((torch.softmax(scores, dim=-1) @ value).transpose(0, 1).flatten(1))
    return torch.cat(contexts)


@pytest.fixture
def fresh():
    """Forget what was compiled and tried, before and afterwards."""
    caches = (native.library, can_attend, native_attention._function)
    for each in caches:
        each.cache_clear()
    yield
    for each in caches:
        each.cache_clear()


@needs_kernel
@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 70), min_size=1, max_size=6),
    num_heads=st.integers(1, 5),
    head_dim=st.sampled_from([32, 64, 96, 128]),
    size=st.sampled_from([0.1, 1.0, 5.0]),
    seed=st.integers(0, 2**31),
)
def test_contexts_are_those_of_the_definition_to_bfloat16_s_last_places(
    lengths, num_heads, head_dim, size, seed
):
    draw = torch.Generator().manual_seed(seed)
    block = (torch.randn(sum(lengths), 3 * num_heads * head_dim, generator=draw) * size).bfloat16()
    found = attend_packed(block, Lengths(tuple(lengths)), num_heads)
    wanted = by_definition(block, lengths, num_heads)
    # Two roundings to bfloat16, of 2 ** -9 each: of the weights and of the context.
    assert ((found.float() - wanted).abs() <= 2**-7 * block.float().abs().max()).all()


@needs_kernel
def test_scores_far_apart_do_not_overflow_and_equal_ones_share_evenly():
    block = torch.zeros(5, 3 * 32, dtype=torch.bfloat16)
    block[:, 64:] = torch.arange(5)[:, None]
    torch.testing.assert_close(
        attend_packed(block, Lengths((5,)), 1), torch.full((5, 32), 2.0, dtype=torch.bfloat16)
    )
    block[:, :32], block[3, 32:64] = 1e4, 1e4
    assert (attend_packed(block, Lengths((5,)), 1) == 3).all()


@needs_kernel
@pytest.mark.parametrize("threads", [1, 2])
def test_a_long_sequence_and_several_threads_change_nothing(threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        block = torch.randn(700, 3 * 2 * 32).bfloat16()
        found = attend_packed(block, Lengths((600, 100)), 2)
    finally:
        torch.set_num_threads(before)
    assert (found.float() - by_definition(block, [600, 100], 2)).abs().max() < 2e-2


@needs_kernel
def test_rows_that_belong_to_no_sequence_are_zero():
    found = attend_packed(torch.ones(7, 96, dtype=torch.bfloat16), Lengths((2, 3)), 1)
    assert (found[:5] == 1).all()
    assert (found[5:] == 0).all()


@needs_kernel
@pytest.mark.parametrize(
    "block", [torch.ones(3, 96), torch.ones(1, 96).bfloat16(), torch.ones(96, 3).bfloat16().T]
)
def test_a_block_of_another_kind_is_refused_before_memory_is_read(block):
    with pytest.raises(ValueError, match="contiguous block of bfloat16 with a row for each of 3 tokens"):
        attend_packed(block, Lengths((2, 1)), 1)


def test_heads_are_some_vectors_wide():
    assert [width for width in (16, 32, 48, 64, 128) if fits(width)] == [32, 64, 128]


@needs_kernel
def test_an_encoder_gives_the_vectors_of_plain_attention_and_shows_its_weights(make_runner, monkeypatch):
    ours = make_runner(sizes=WIDE, precision="bfloat16")
    assert pack_layers(ours.model.bert)
    assert isinstance(ours.model.bert.encoder, PackedEncoder)
    monkeypatch.setattr("manyheads.inference.packed_layers.can_attend", lambda: False)
    plain = make_runner(sizes=WIDE, precision="bfloat16")
    assert pack_layers(plain.model.bert)
    assert not isinstance(plain.model.bert.encoder, PackedEncoder)
    with torch.inference_mode():
        found, wanted = ours.model.bert(LONG), plain.model.bert(LONG)
        assert found.shape == wanted.shape
        assert torch.nn.functional.cosine_similarity(found.float(), wanted.float()).min() > 0.999
        layers = ours.model.bert.layer_by_layer(LONG)
        torch.testing.assert_close(layers[-1], found)
        with record_attention(ours.model) as maps:
            looked = ours.model.bert(LONG)
    assert looked.shape == found.shape
    assert [len(layer) for layer in maps["encoder"]] == [73, 73]


@needs_kernel
def test_vectors_of_short_texts_do_not_depend_on_the_batch(make_runner):
    runner = make_runner(sizes=WIDE, precision="bfloat16")
    pack_layers(runner.model.bert)
    texts = ["a dog runs", "one man", "two men"] * 300
    together = Encoder(runner).embed(texts, normalize=True)
    alone = Encoder(runner).embed(texts[:3], normalize=True, batch_tokens=1)
    assert (together[:3] * alone).sum(axis=1).min() > 0.9999


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("trouble", ["off", "no compiler", "bad compiler"])
def test_where_nothing_can_be_compiled_attention_stays_as_it_is(make_runner, monkeypatch, tmp_path, trouble):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if trouble == "off":
        monkeypatch.setenv("MANYHEADS_NATIVE", "off")
    else:
        monkeypatch.setenv("CC", "false" if trouble == "bad compiler" else "no-such-compiler")
    assert native.library("native_attention") is None
    assert not can_attend()
    assert not list(tmp_path.glob("manyheads/native/*"))
    with pytest.raises(RuntimeError, match="ask can_attend first"):
        attend_packed(torch.ones(3, 96, dtype=torch.bfloat16), Lengths((3,)), 1)
    if can_pack(torch.bfloat16):
        runner = make_runner(sizes=WIDE, precision="bfloat16")
        assert pack_layers(runner.model.bert)
        assert not runner.model.bert.encoder.layers[0].attention.native


@needs_kernel
@pytest.mark.usefixtures("fresh")
def test_what_was_compiled_is_found_again_and_nothing_else_is_left(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert native.library("native_attention") is not None
    (made,) = (tmp_path / "manyheads" / "native").iterdir()
    native.library.cache_clear()
    monkeypatch.setattr(native, "_compile", lambda *_: pytest.fail("compiled again"))
    assert native.library("native_attention") is not None
    assert made.suffix == ".so"


@needs_kernel
@pytest.mark.usefixtures("fresh")
def test_a_kernel_that_calculates_something_else_is_not_taken(monkeypatch):
    monkeypatch.setattr(native_attention, "attend_packed", lambda block, *_, **__: block[:, :64] + 0.1)
    assert not can_attend()
