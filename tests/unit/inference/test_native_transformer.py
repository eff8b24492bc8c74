"""The Transformer in C against the model itself: the same numbers, in every type, for every option."""

import os

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from manyheads.batches.packed import Lengths, Packed
from manyheads.errors import RunError
from manyheads.inference import native
from manyheads.inference.constraints import Constraints
from manyheads.inference.continuations import Continuations
from manyheads.inference.likeliest import likeliest
from manyheads.inference.native_stack import fits
from manyheads.inference.native_transformer import NativeTransformer
from manyheads.inference.sampling import Sampling
from manyheads.inference.search import beam_search
from manyheads.inference.translate import Translator
from manyheads.model.tap import switch_off

WIDE = {"d_model": 64, "num_heads": 4, "d_ff": 96, "tie_embeddings": "none"}
OPTIONS = [
    {},
    {"norm_first": True, "activation": "gelu", "positions": "learned"},
    {"activation": "silu", "positions": "none", "scale_embedding": False, "output_bias": True},
    {"num_heads": 1, "share_layers": True, "num_decoder_layers": 3, "positions": "sinusoidal_halves"},
    {"num_heads": 2, "d_model": 96, "tie_embeddings": "output"},
]
TYPES = ("float32", "bfloat16", "int8")
may_compile = native.find_compiler() is not None and os.environ.get(native.SWITCH) != "off"
needs_compiler = pytest.mark.skipif(native.library("translator") is None, reason="C needs a compiler")


@pytest.mark.skipif(not may_compile, reason="C needs a compiler")
def test_a_compiler_that_is_found_takes_the_c():
    """What it does not take would only be slower, and the other tests be skipped."""
    assert native.library("translator") is not None


def draw(lengths, *, vocab=41, seed=1):
    ids = torch.randint(0, vocab, (sum(lengths),), generator=torch.Generator().manual_seed(seed))
    return Packed(ids, Lengths(tuple(lengths)))


def cosine(one, other):
    return F.cosine_similarity(one, other, dim=1).min().item()


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.fixture(params=[False, True], ids=["attention in float32", "attention in bfloat16"])
def made(request, make_model):
    """Make both networks; attention is in bfloat16 by itself only where the processor has instructions."""

    def make(kind="float32", **changes):
        model = make_model(**WIDE | changes)
        found = NativeTransformer(model, kind)
        if request.param and kind == "float32":
            pytest.skip("float32 attends in float32")
        if kind != "float32":
            found.encoder.c.attention = found.decoder.c.attention = int(request.param)
        return model, found

    return make


def both_go(model, found, lengths, *, steps, keep, seed=1):
    """Let both read the same tokens; `keep` says which rows go on behind a step."""
    src = draw(lengths, seed=seed)
    rng = torch.Generator().manual_seed(seed)
    with torch.inference_mode():
        memory = model.encode(src)
        mine, theirs = found.begin(found.encode(src), src.lengths), model.begin(memory, src.lengths)
        rows = len(lengths)
        for step in range(steps):
            ids = torch.randint(0, 43, (rows,), generator=rng)
            logits, mine = found.advance(mine, ids)
            wanted, theirs = model.advance(theirs, ids)
            yield logits, wanted
            chosen = torch.tensor(keep(step, rows))
            mine, theirs, rows = found.select(mine, chosen), model.select(theirs, chosen), len(chosen)


def two_each(step, rows):
    """Two hypotheses a sentence; later they change places, and at the end the first sentence leaves."""
    if step == 0:
        return [row for row in range(rows) for _ in range(2)]
    kept = [row - row % 2 + (row * step) % 2 for row in range(rows)]
    return kept[2:] if step == 34 else kept


@needs_compiler
@pytest.mark.parametrize("changes", OPTIONS)
@pytest.mark.parametrize("count", [1, 2])
def test_float32_gives_the_models_numbers(make_model, threads, changes, count):
    threads(count)
    model = make_model(**WIDE | changes)
    assert fits(model.encoder.layers, model.decoder.layers)
    found = NativeTransformer(model, "float32")
    found.encoder.worth_a_thread = found.decoder.worth_a_thread = 0
    src = draw([5, 1, 17, 40, 5])
    with torch.inference_mode():
        torch.testing.assert_close(found.encode(src), model.encode(src), rtol=1e-5, atol=1e-5)
    # Past the room that is made at once; waiting for another thread is slow on a busy machine.
    steps = 37 if count == 1 else 5
    for logits, wanted in both_go(model, found, [5, 1, 17, 40, 5], steps=steps, keep=two_each):
        torch.testing.assert_close(logits, wanted, rtol=2e-5, atol=2e-5)


@needs_compiler
@pytest.mark.parametrize(("kind", "least"), [("bfloat16", 0.999), ("int8", 0.99)])
@pytest.mark.parametrize("changes", OPTIONS[:3])
def test_narrow_types_stay_near(made, kind, least, changes):
    model, found = made(kind, **changes)
    src = draw([5, 1, 17, 40, 5])
    with torch.inference_mode():
        assert cosine(found.encode(src), model.encode(src)) > least
    for logits, wanted in both_go(model, found, [5, 1, 17, 40, 5], steps=6, keep=two_each):
        assert cosine(logits, wanted) > least
        assert cosine(logits, wanted) < 0.9999999


@pytest.fixture(scope="module")
def in_c(make_model):
    return NativeTransformer(make_model(**WIDE, max_length=64), "float32")


@needs_compiler
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(1, 50), min_size=1, max_size=30), seed=st.integers(0, 2**31))
def test_neighbours_change_nothing(in_c, threads, lengths, seed):
    """A sentence by itself gives what it gives in any batch, of any number of rows."""
    threads(1)
    src = draw(lengths, seed=seed)
    with torch.inference_mode():
        together = in_c.encode(src).split(lengths)
        for part, ids in zip(together, src.token_ids.split(lengths), strict=True):
            alone = in_c.encode(Packed(ids, Lengths((len(ids),))))
            torch.testing.assert_close(part, alone, rtol=1e-5, atol=1e-5)


@needs_compiler
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("renormalize", [False, True])
def test_ranking_gives_the_best_of_the_whole_vocabulary(make_model, threads, count, renormalize):
    """Two prefixes of three sentences each; the fourth row may do nothing but end."""
    threads(count)
    model = make_model(**WIDE, tgt_vocab=203)
    found = NativeTransformer(model, "float32")
    found.encoder.worth_a_thread = found.decoder.worth_a_thread = 0
    barred, totals = [202, 3, 77], [-0.5, -0.6, -0.1, -2.0, -1.0, -1.0]
    last_ids, forced = [1, 5, 9, 9, 4, 4], [False, False, False, True, False, False]
    two = torch.tensor([0, 0, 1, 1, 2, 2])
    src = draw([4, 9, 2])
    with torch.inference_mode():
        state = found.select(found.begin(found.encode(src), src.lengths), two)
        ranked, _ = found.rank(
            state, last_ids, totals, 10, end=0, forced=forced, barred=barred, renormalize=renormalize
        )
        state = model.select(model.begin(model.encode(src), src.lengths), two)
        logits, _ = model.advance(state, torch.tensor(last_ids))
    constraints = Constraints(tuple(barred), renormalize, force_end=True)
    allowed = constraints.apply(logits.log_softmax(dim=1), step=0, eos_id=0, at_limit=forced)
    log_probs, ids = (each.numpy() for each in likeliest(allowed, 10))
    wanted = Continuations.of_rows(np.array(totals), log_probs, ids.astype(np.int32), sentences=3, wanted=10)
    np.testing.assert_array_equal(ranked.ids, wanted.ids)
    np.testing.assert_array_equal(ranked.parents, wanted.parents)
    np.testing.assert_allclose(ranked.log_probs, wanted.log_probs, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(ranked.totals, wanted.totals, rtol=1e-5, atol=1e-5)


@needs_compiler
def test_equals_go_to_the_smaller_token_and_a_small_vocabulary_ends(make_model, threads):
    """All scores are 0: each of 43 tokens has 1/43; one is barred, so the last of 43 places is empty."""
    threads(2)
    model = make_model(**WIDE)
    with torch.no_grad():
        model.output.weight.zero_()
    found = NativeTransformer(model, "float32")
    found.encoder.worth_a_thread = found.decoder.worth_a_thread = 0
    src = draw([3])
    state = found.begin(found.encode(src), src.lengths)
    ranked, _ = found.rank(state, [1], [0.0], 43, end=0, forced=[False], barred=[2])
    assert ranked.ids[0].tolist() == [0, 1, *range(3, 43), 0]
    np.testing.assert_allclose(ranked.log_probs[0, :42], -np.log(43), rtol=1e-6)
    assert ranked.totals[0, 42] == -np.inf


@needs_compiler
def test_log_probabilities_of_large_scores_keep_their_digits(make_model, threads):
    """Scores around 20,000: a logarithm of their sum has no digits left behind the point."""
    threads(1)
    model = make_model(**WIDE)
    with torch.no_grad():
        model.output.weight.mul_(1e-3)
        model.output.bias = torch.nn.Parameter(torch.full((43,), 2e4))
    found = NativeTransformer(model, "float32")
    src = draw([3])
    ranked, _ = found.rank(found.begin(found.encode(src), src.lengths), [1], [0.0], 43, end=0, forced=[False])
    assert np.exp(ranked.log_probs.astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)


@needs_compiler
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_what_pytorch_makes_by_default_changes_nothing(make_model, dtype):
    model = make_model(**WIDE)
    src = draw([5, 3])
    given = torch.tensor([1, 2])

    def go():
        found = NativeTransformer(model, "float32")
        state = found.begin(found.encode(src), src.lengths)
        return found.advance(state, given)[0]

    wanted = go()
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        found = go()
    finally:
        torch.set_default_dtype(before)
    torch.testing.assert_close(found, wanted, rtol=0, atol=0)


SPOILED = {
    "what a layer adds": lambda model: model.decoder.layers[1].feedforward.narrow.bias,
    "what is bent": lambda model: model.decoder.layers[0].feedforward.widen.bias,
    "a query": lambda model: model.decoder.layers[0].attention.query.bias,
    "a key of the memory": lambda model: model.decoder.layers[1].cross_attention.key.bias,
    "an encoder's query": lambda model: model.encoder.layers[0].attention.query.bias,
    "a word": lambda model: model.output.weight[7],
    "the first words": lambda model: model.output.weight[:32],
    "all words": lambda model: model.output.weight,
}


@needs_compiler
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("where", SPOILED)
def test_numbers_that_are_none_stop_a_search(make_model, kind, where):
    model = make_model(**WIDE)
    with torch.no_grad():
        SPOILED[where](model)[..., 5] = torch.nan
    found = NativeTransformer(model, kind)
    src = draw([3, 4])
    state = found.begin(found.encode(src), src.lengths)
    how = {"sentences": 2, "bos_id": 1, "eos_id": 0, "beam": 3, "length_penalty": 1.0, "max_lengths": 5}
    with pytest.raises(RunError, match="at step 1 of decoding"):
        beam_search(found, state, **how)


@needs_compiler
@pytest.mark.parametrize("beam", [4, 30, 50])
@pytest.mark.parametrize("at_once", [None, 2])
def test_a_beam_wider_than_the_vocabulary_finds_the_same(make_model, threads, beam, at_once):
    """43 tokens: 2 * 30 continuations are more than a prefix has, and 50 more than there are at first."""
    threads(1)
    model = make_model(**WIDE)
    found = NativeTransformer(model, "float32")
    src = draw([3, 6, 2, 9])
    how = {"sentences": 4, "bos_id": 1, "eos_id": 0, "beam": beam, "length_penalty": 1.0, "n_best": 4}
    how["max_lengths"] = [3, 5, 2, 4]
    with torch.inference_mode():
        wanted = beam_search(model, model.begin(model.encode(src), src.lengths), **how)
        answers = beam_search(found, found.begin(found.encode(src), src.lengths), at_once=at_once, **how)
    assert [[each.token_ids for each in mine] for mine in answers] == [
        [each.token_ids for each in theirs] for theirs in wanted
    ]


@needs_compiler
def test_nothing_is_read_past_the_last_position(make_model):
    found = NativeTransformer(make_model(**WIDE, max_length=3), "float32")
    src = draw([2])
    state = found.begin(found.encode(src), src.lengths)
    for _ in range(3):
        _, state = found.advance(state, torch.tensor([1]))
    with pytest.raises(IndexError, match="at most 3 tokens"):
        found.advance(state, torch.tensor([1]))


@needs_compiler
@pytest.mark.parametrize("at_once", [None, 1, 7, 100])
def test_a_search_finds_the_same_however_many_sentences_wait(make_model, threads, at_once):
    """Those who wait take the places of those who have their answer; limits are of all lengths."""
    threads(1)
    model = make_model(**WIDE)
    found = NativeTransformer(model, "float32")
    lengths = [1 + number * 7 % 19 for number in range(24)]
    src = draw(lengths)
    how = {"sentences": 24, "bos_id": 1, "eos_id": 0, "beam": 4, "length_penalty": 1.0, "n_best": 4}
    how["max_lengths"] = [length % 9 + 2 for length in lengths]
    with torch.inference_mode():
        wanted = beam_search(model, model.begin(model.encode(src), src.lengths), **how)
        state = found.begin(found.encode(src), src.lengths)
        answers = beam_search(found, state, at_once=at_once, **how)
    for mine, theirs in zip(answers, wanted, strict=True):
        assert [each.token_ids for each in mine] == [each.token_ids for each in theirs]
        np.testing.assert_allclose(
            [each.score for each in mine], [each.score for each in theirs], rtol=1e-5, atol=1e-5
        )


@needs_compiler
def test_who_has_read_a_token_cannot_join(make_model):
    found = NativeTransformer(make_model(**WIDE), "float32")
    src = draw([3])
    state = found.begin(found.encode(src), src.lengths)
    _, read = found.advance(state, torch.tensor([1]))
    with pytest.raises(ValueError, match="before their first token"):
        state.join(read)


@pytest.fixture
def in_both(make_translator):
    """Make a translator, and the same one in C."""
    plain = make_translator(**{name: WIDE[name] for name in ("d_model", "num_heads", "d_ff")})
    tokenizers = plain.src_tokenizer, plain.tgt_tokenizer
    native = NativeTransformer(plain.model, "float32")
    return plain, Translator(plain.model, tokenizers, plain.config, plain.prepared, native)


@needs_compiler
@pytest.mark.parametrize(
    "how",
    [
        {"beam": 1},
        {"beam": 3, "n_best": 2},
        {"sampling": Sampling(seed=3, top_k=9)},
        {"beam": 2, "begin_ids": (7, 8)},
    ],
)
def test_a_translator_says_the_same_in_c(in_both, how):
    texts = ["a dog runs", "two men walk in the park", "", "the dog sees a man"]
    plain, native = (translator.translate(texts, **how) for translator in in_both)
    assert [each.token_ids for each in native] == [each.token_ids for each in plain]
    scores = [[each.score for each in found] for found in (native, plain)]
    np.testing.assert_allclose(*scores, rtol=1e-5, atol=1e-5)


@needs_compiler
def test_batches_at_once_are_translated_as_one_after_the_other(in_both, threads):
    """Of 60 texts in batches of at most 32 tokens."""
    texts = [f"{word} {number % 7} dogs" for number, word in enumerate(["a", "the", "two"] * 20)]
    _, native = in_both
    found = []
    for count in (1, 2):
        threads(count)
        found.append(native.translate(texts, beam=2, batch_tokens=32))
    assert [each.text for each in found[0]] == [each.text for each in found[1]]


@needs_compiler
def test_who_looks_inside_sees_the_open_network(in_both):
    """Heads that are switched off change what is said in C, too: then it goes the open way."""
    plain, native = in_both
    heads = [("encoder", layer, head) for layer in range(2) for head in range(WIDE["num_heads"])]
    usual = native.translate(["a dog runs"], beam=2)[0]
    with switch_off(native.model, heads=heads):
        off = native.translate(["a dog runs"], beam=2)[0]
        assert off == plain.translate(["a dog runs"], beam=2)[0]
    assert off.score != usual.score


@needs_compiler
def test_layers_that_share_weights_share_what_was_laid_out(make_model):
    one = NativeTransformer(make_model(**WIDE, share_layers=True, num_encoder_layers=4), "float32")
    own = NativeTransformer(make_model(**WIDE, num_encoder_layers=4), "float32")
    assert len(one.encoder.packing._kept) < len(own.encoder.packing._kept)


@needs_compiler
@pytest.mark.parametrize("changes", [{"d_model": 12, "num_heads": 2}, {"d_ff": 100}])
def test_widths_that_are_no_multiple_of_a_vector_stay_in_pytorch(make_model, changes):
    model = make_model(**WIDE | changes)
    assert not fits(model.encoder.layers, model.decoder.layers)


@pytest.mark.usefixtures("fresh")
def test_without_a_compiler_the_model_stays_in_pytorch(make_model, monkeypatch):
    monkeypatch.setenv("MANYHEADS_NATIVE", "off")
    model = make_model(**WIDE)
    assert not fits(model.encoder.layers, model.decoder.layers)
    with pytest.raises(RuntimeError, match="ask fits first"):
        NativeTransformer(model, "float32")
