"""Laws of the Transformer, for any sentences: what may depend on what, and what must come out the same."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from manyheads.batches.packed import pack
from manyheads.batches.translation import close_source, pack_pairs
from manyheads.inference.search import beam_search, greedy_search
from manyheads.model.tap import record_attention, switch_off
from manyheads.recipes.schema import Training
from manyheads.text.tokenizer import BOS_ID, EOS_ID, OUR_PAIR
from manyheads.training.device import Placement
from manyheads.training.optimizer import build_optimizer
from manyheads.training.step import Stepper
from manyheads.training.translation_loss import translation_loss

pytestmark = pytest.mark.property
CLOSE = {"rtol": 0, "atol": 1e-5}
few = settings(max_examples=25)
norms = st.booleans()


@st.composite
def pairs_of_ids(draw, *, min_size=1, max_size=5):
    """Draw sentences of both sides, few lengths, so that runs of several sentences come up too."""
    ids = st.integers(3, 40)
    sides = st.tuples(*(st.lists(ids, min_size=1, max_size=4) for _ in range(2)))
    pairs = draw(st.lists(sides, min_size=min_size, max_size=max_size))
    return [np.array(src) for src, _ in pairs], [np.array(tgt) for _, tgt in pairs]


@pytest.fixture(scope="module")
def models(make_model):
    """One network with norms behind, one with norms first, and learned positions."""
    return {
        False: make_model(seed=3),
        True: make_model(seed=4, norm_first=True, positions="learned", activation="gelu"),
    }


def logits_of(model, src, tgt):
    """Give the logits of each pair of a batch."""
    batch = pack_pairs(src, tgt, OUR_PAIR)
    with torch.no_grad():
        return model(batch.src, batch.tgt).split(batch.tgt.lengths.values)


@few
@given(norms, pairs_of_ids(), st.data())
def test_a_future_token_never_changes_an_earlier_logit(models, norm_first, pairs, data):
    src, tgt = pairs
    which = data.draw(st.integers(0, len(tgt) - 1))
    place = data.draw(st.integers(0, len(tgt[which]) - 1))
    changed = [ids.copy() for ids in tgt]
    changed[which][place:] = data.draw(st.integers(3, 40))
    before, after = (logits_of(models[norm_first], src, side) for side in (tgt, changed))
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        seen = place + 1 if number == which else len(old)  # the begin token stands first
        torch.testing.assert_close(new[:seen], old[:seen], **CLOSE)


@few
@given(norms, pairs_of_ids(min_size=2))
def test_a_neighbour_in_the_batch_changes_nothing(models, norm_first, pairs):
    src, tgt = pairs
    for number, together in enumerate(logits_of(models[norm_first], src, tgt)):
        (alone,) = logits_of(models[norm_first], [src[number]], [tgt[number]])
        torch.testing.assert_close(together, alone, **CLOSE)


@few
@given(norms, pairs_of_ids(min_size=2), st.data())
def test_the_order_of_sentences_does_not_matter(models, norm_first, pairs, data):
    src, tgt = pairs
    order = data.draw(st.permutations(range(len(src))))
    plain = logits_of(models[norm_first], src, tgt)
    turned = logits_of(models[norm_first], [src[i] for i in order], [tgt[i] for i in order])
    for place, number in enumerate(order):
        torch.testing.assert_close(turned[place], plain[number], **CLOSE)


@few
@given(norms, pairs_of_ids())
def test_weights_are_shares_that_sum_to_one_and_never_fall_on_the_future(models, norm_first, pairs):
    with record_attention(models[norm_first]) as maps:
        logits_of(models[norm_first], *pairs)
    every = [weights for layers in maps.values() for layer in layers for weights in layer]
    assert len(every) == (2 + 3 + 3) * len(pairs[0])
    for weights in every:
        assert weights.min() >= 0
        torch.testing.assert_close(weights.sum(dim=-1), torch.ones(weights.shape[:-1]), **CLOSE)
    for layer in maps["decoder"]:
        assert all(bool((weights.triu(1) == 0).all()) for weights in layer)


@few
@given(norms, pairs_of_ids())
def test_whoever_looks_changes_nothing(models, norm_first, pairs):
    plain = logits_of(models[norm_first], *pairs)
    with record_attention(models[norm_first]):
        seen = logits_of(models[norm_first], *pairs)
    torch.testing.assert_close(torch.cat(seen), torch.cat(plain), **CLOSE)


@few
@given(norms, pairs_of_ids(), st.data())
def test_cached_steps_are_the_uncached_forward(models, norm_first, pairs, data):
    """Rows of a sentence are one, two or three hypotheses: the same target again, or another beside it."""
    model, (src, tgt) = models[norm_first], pairs
    beams = data.draw(st.integers(1, 3))
    steps = max(map(len, tgt))
    targets = [np.resize(np.roll(ids, beam), steps) for ids in tgt for beam in range(beams)]
    fed = torch.tensor([[BOS_ID, *ids] for ids in targets])
    packed = close_source(src, OUR_PAIR.src)
    with torch.no_grad():
        memory = model.encode(packed)
        state = model.begin(memory, packed.lengths)
        state = model.select(state, torch.arange(len(src)).repeat_interleave(beams))
        cached = []
        for ids in fed.T:
            logits, state = model.advance(state, ids)
            cached.append(logits)
        repeated = [ids for ids in src for _ in range(beams)]
        batch = close_source(repeated, OUR_PAIR.src)
        whole = model(batch, pack(fed.tolist()))
    torch.testing.assert_close(torch.stack(cached, dim=1).flatten(0, 1), whole, **CLOSE)


@few
@given(norms, pairs_of_ids(min_size=2), st.data())
def test_a_selected_hypothesis_goes_on_as_if_it_had_always_stood_there(models, norm_first, pairs, data):
    """Two steps, a selection in which sentences leave and rows are doubled and swapped, one more step."""
    model, (src, tgt) = models[norm_first], pairs
    beams = data.draw(st.integers(1, 3))
    stay = sorted(data.draw(st.sets(st.integers(0, len(src) - 1), min_size=1)))
    wider = data.draw(st.integers(1, 3))
    chosen = [(s, data.draw(st.integers(0, beams - 1))) for s in stay for _ in range(wider)]
    first = [(s, beam) for s in range(len(src)) for beam in range(beams)]
    token = {(s, beam): int(tgt[s][beam % len(tgt[s])]) for s, beam in first}
    packed = close_source(src, OUR_PAIR.src)
    with torch.no_grad():
        state = model.begin(model.encode(packed), packed.lengths)
        _, state = model.advance(state, torch.full((len(src),), BOS_ID))
        state = model.select(state, torch.tensor([s for s, _ in first]))
        _, state = model.advance(state, torch.tensor([token[row] for row in first]))
        state = model.select(state, torch.tensor([first.index(row) for row in chosen]))
        logits, _ = model.advance(state, torch.full((len(chosen),), 5))
        fed = pack([[BOS_ID, token[row], 5] for row in chosen])
        whole = model(close_source([src[s] for s, _ in chosen], OUR_PAIR.src), fed)
    torch.testing.assert_close(logits, whole[2::3], **CLOSE)


@settings(max_examples=15)
@given(norms, pairs_of_ids(max_size=3))
def test_a_beam_of_one_is_greedy(models, norm_first, pairs):
    model, packed = models[norm_first], close_source(pairs[0], OUR_PAIR.src)
    options = {"sentences": len(packed.lengths), "bos_id": BOS_ID, "eos_id": EOS_ID}
    options |= {"max_lengths": 5, "length_penalty": 1.0}
    with torch.no_grad():
        memory = model.encode(packed)
        greedy = greedy_search(model, model.begin(memory, packed.lengths), **options)
        beam = beam_search(model, model.begin(memory, packed.lengths), beam=1, **options)
    for one, (other,) in zip(greedy, beam, strict=True):
        assert one.token_ids == other.token_ids
        assert one.log_probs == pytest.approx(other.log_probs, abs=1e-5)


@few
@given(norms, pairs_of_ids(), st.sampled_from(["encoder", "decoder", "cross"]), st.data())
def test_a_head_switched_off_is_a_head_whose_columns_of_the_output_are_zero(
    models, norm_first, pairs, kind, data
):
    model = models[norm_first]
    layers = model.encoder.layers if kind == "encoder" else model.decoder.layers
    layer, head = data.draw(st.integers(0, len(layers) - 1)), data.draw(st.integers(0, 2))
    attention = layers[layer].cross_attention if kind == "cross" else layers[layer].attention
    with switch_off(model, heads=[(kind, layer, head)]):
        without = logits_of(model, *pairs)
    columns = slice(14 * head, 14 * (head + 1))
    with torch.no_grad():
        kept = attention.output.weight[:, columns].clone()
        attention.output.weight[:, columns] = 0
        zeroed = logits_of(model, *pairs)
        attention.output.weight[:, columns] = kept
    torch.testing.assert_close(torch.cat(without), torch.cat(zeroed), **CLOSE)


@settings(max_examples=10)
@given(pairs_of_ids(min_size=2, max_size=6), st.data())
def test_accumulating_parts_is_one_batch_of_all(make_model, pairs, data):
    """Parts of unequal size too: the loss is the mean over the labels of all of them, not a mean of means."""
    src, tgt = pairs
    middle = data.draw(st.integers(1, len(src) - 1))
    parts = [
        pack_pairs(src[:middle], tgt[:middle], OUR_PAIR),
        pack_pairs(src[middle:], tgt[middle:], OUR_PAIR),
    ]
    sums, gradients = [], []
    for batches in (parts, [pack_pairs(src, tgt, OUR_PAIR)]):
        model, seen = make_model().train(), {}
        config = Training(clip_norm=0.0, label_smoothing=0.1)
        optimizer = build_optimizer(model, config)
        optimizer.register_step_pre_hook(
            lambda *_, model=model, seen=seen: seen.update(
                {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
            )
        )
        cpu = Placement(torch.device("cpu"), "float32", "for the test")
        sums.append(
            Stepper(model, optimizer, config, cpu, 1, partial(translation_loss, model)).take(1, batches)
        )
        gradients.append(seen)
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradient, gradients[1][name], rtol=0, atol=1e-5)
    parts_sum, whole = sums
    assert (parts_sum.labels, parts_sum.tokens) == (whole.labels, whole.tokens)
    assert parts_sum.smoothed == pytest.approx(whole.smoothed, rel=1e-5)
    assert parts_sum.plain == pytest.approx(whole.plain, rel=1e-5)
