"""Who looks into attention sees every point, once, in order; who changes something is heard."""

import contextvars
import threading

import pytest
import torch

from manyheads.batches.packed import Layout, Lengths, pack
from manyheads.errors import InputError
from manyheads.model.attention import Attention
from manyheads.model.tap import (
    POINTS,
    Site,
    Tap,
    attentions,
    check_head,
    observe,
    record_attention,
    switch_off,
)


@pytest.fixture
def model(make_model):
    return make_model()


def ids(*lengths):
    return pack([list(range(3, 3 + length)) for length in lengths])


def run(model, src=(5, 5, 7), tgt=(2, 2, 3)):
    with torch.no_grad():
        return model(ids(*src), ids(*tgt))


def test_the_points_are_the_papers_steps_in_order():
    assert POINTS == ("query", "key", "value", "scores", "weights", "context", "output")


def test_every_attention_passes_every_point_in_order_run_by_run(model):
    """Two runs (sequences 0 and 1, sequence 2) pass the points up to the context; then both are projected."""
    seen = []
    with observe(model, lambda site, _tensor: seen.append(site)):
        run(model)
    one_run = [(point, first) for first in (0, 2) for point in POINTS[:-1]]
    wanted = [*one_run, ("output", 0)]
    layers = [("encoder", layer) for layer in range(2)]
    layers += [(kind, layer) for layer in range(3) for kind in ("decoder", "cross")]
    assert seen == [Site(kind, layer, *point) for kind, layer in layers for point in wanted]


def test_shapes_are_by_sequence_and_head_until_the_output_is_packed(model):
    """The run of sequences 0 and 1: 2 queries, 5 keys, 3 heads of 14; the output has 2 + 2 + 3 tokens."""
    shapes = {}

    def see(site, tensor):
        if (site.kind, site.layer, site.first_sequence) == ("cross", 1, 0):
            shapes[site.point] = tuple(tensor.shape)

    with observe(model, see):
        run(model)
    assert shapes == {
        "query": (2, 3, 2, 14),
        "key": (2, 3, 5, 14),
        "value": (2, 3, 5, 14),
        "scores": (2, 3, 2, 5),
        "weights": (2, 3, 2, 5),
        "context": (2, 3, 2, 14),
        "output": (7, 42),
    }


def test_the_points_follow_from_each_other(model):
    seen = {}
    with observe(model, lambda site, tensor: seen.update({site: tensor})):
        run(model, (5,), (3,))
    for kind, layer in (("encoder", 0), ("decoder", 2), ("cross", 1)):
        at = {point: seen[Site(kind, layer, point, 0)] for point in POINTS}
        scores = at["query"] @ at["key"].mT / 14**0.5
        if kind == "decoder":
            scores = scores.masked_fill(torch.ones(3, 3).triu(1).bool(), -torch.inf)
        torch.testing.assert_close(at["scores"], scores)
        torch.testing.assert_close(at["weights"], scores.softmax(dim=-1))
        torch.testing.assert_close(at["context"], at["weights"] @ at["value"])


def replacing(point, make):
    return lambda site, tensor: make(tensor) if (site.kind, site.point) == ("cross", point) else None


def test_a_replacement_takes_the_tensors_place(model):
    """With the same weight on all 5 keys the context is the mean of the values, whatever the scores say."""
    contexts, values = [], []
    uniform = replacing("weights", lambda weights: torch.full_like(weights, 1 / 5))
    with (
        observe(model, uniform),
        observe(model, replacing("value", values.append)),
        observe(model, replacing("context", contexts.append)),
    ):
        changed = run(model, (5,), (3,))
    for context, value in zip(contexts, values, strict=True):
        torch.testing.assert_close(context, value.mean(dim=2, keepdim=True).expand_as(context))
    assert not torch.allclose(changed, run(model, (5,), (3,)))


@pytest.mark.parametrize("point", POINTS)
def test_a_replacement_is_heard_at_every_point(point, model):
    with observe(model, replacing(point, lambda tensor: tensor * 1.5)):
        changed = run(model)
    assert not torch.allclose(changed, run(model), atol=1e-4)


def test_observers_are_asked_one_after_another_each_seeing_the_last_ones_answer(model):
    seen = []
    with (
        observe(model, replacing("output", torch.zeros_like)),
        observe(model, replacing("output", lambda tensor: seen.append(bool(tensor.any())))),
    ):
        run(model)
    assert seen == [False] * 3


def test_a_replacement_of_another_shape_is_refused(model):
    message = r"weights of cross layer 0 is \[2, 3, 2, 5\], the observer gave \[2, 3, 2, 4\]"
    with (
        observe(model, replacing("weights", lambda weights: weights[..., :4])),
        pytest.raises(ValueError, match=message),
    ):
        run(model)


def test_another_model_is_not_observed(model, make_model):
    seen = []
    with observe(make_model(), lambda site, _tensor: seen.append(site)):
        run(model)
    assert seen == []


def test_a_part_may_be_observed_alone(model):
    seen = set()
    with observe(model.decoder.layers[1], lambda site, _tensor: seen.add((site.kind, site.layer))):
        run(model)
    assert seen == {("decoder", 1), ("cross", 1)}


def test_observers_are_gone_afterwards_even_when_the_run_failed(model):
    seen = []
    with pytest.raises(ZeroDivisionError), observe(model, lambda *_: seen.append(1 // 0)):
        run(model)
    run(model)
    assert seen == []
    assert not any(Tap(attention) for attention in attentions(model))


def test_a_thread_does_not_meet_the_observers_of_another(model):
    seen = []
    plain = run(model)
    results = []
    with observe(model, replacing("output", lambda tensor: seen.append(1) or torch.zeros_like(tensor))):
        threads = [threading.Thread(target=lambda: results.append(run(model))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == []
        copied = contextvars.copy_context().run(run, model)
    assert all(torch.equal(result, plain) for result in results)
    assert not torch.allclose(copied, plain)


def test_two_threads_record_each_their_own(model):
    """Both are inside `record_attention` at once: the barrier sees to it."""
    barrier, counts = threading.Barrier(2, timeout=30), {}

    def record(length):
        with record_attention(model) as maps:
            barrier.wait()
            run(model, (length,), (2,))
            barrier.wait()
        counts[length] = [tuple(weights.shape) for weights in maps["encoder"][0]]

    threads = [threading.Thread(target=record, args=(length,)) for length in (5, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == {5: [(3, 5, 5)], 7: [(3, 7, 7)]}


def test_maps_are_recorded_by_kind_layer_and_sequence(model):
    with record_attention(model) as maps:
        run(model)
    assert {kind: len(layers) for kind, layers in maps.items()} == {"encoder": 2, "decoder": 3, "cross": 3}
    shapes = {kind: [tuple(weights.shape) for weights in layers[1]] for kind, layers in maps.items()}
    assert shapes == {
        "encoder": [(3, 5, 5), (3, 5, 5), (3, 7, 7)],
        "decoder": [(3, 2, 2), (3, 2, 2), (3, 3, 3)],
        "cross": [(3, 2, 5), (3, 2, 5), (3, 3, 7)],
    }


def test_sequences_of_a_further_call_stand_behind_those_of_the_first(model):
    with record_attention(model) as maps:
        run(model, (5,), (2,))
        run(model, (7, 7), (3, 3))
    assert [weights.shape[1] for weights in maps["encoder"][0]] == [5, 7, 7]
    with record_attention(model) as again:
        run(model, (7, 7), (3, 3))
    assert torch.equal(maps["cross"][2][2], again["cross"][2][1])


def test_maps_are_float32_copies_without_a_gradient(model):
    with record_attention(model) as maps, torch.autocast("cpu", torch.bfloat16):
        model(ids(5), ids(2))
    weights = maps["cross"][0][0]
    assert (weights.dtype, weights.requires_grad) == (torch.float32, False)


def test_a_map_stays_as_it_was_when_the_run_goes_on_with_its_tensor(model):
    with record_attention(model) as maps, observe(model, replacing("weights", lambda tensor: tensor.zero_())):
        run(model)
    assert maps["cross"][0][0].sum() > 0


def test_weights_are_recorded_before_dropout():
    part = Attention(d_model=42, num_heads=3, dropout=0.5, kind="encoder", layer=0)
    hidden, lengths = torch.randn(5, 42), Lengths((5,))
    with record_attention(part) as maps:
        part(hidden, hidden, Layout(lengths, lengths))
    torch.testing.assert_close(maps["encoder"][0][0].sum(dim=-1), torch.ones(3, 5))


def test_heads_that_are_off_have_no_context_and_the_others_keep_theirs(model):
    contexts = {}

    def see(site, tensor):
        if site.point == "context" and site.kind == "encoder":
            contexts[site.layer] = tensor

    with switch_off(model, heads=[("encoder", 0, 2), ("encoder", 0, 0)]), observe(model, see):
        run(model, (5,), (3,))
    assert contexts[0].flatten(2).any(dim=2).tolist() == [[False, True, False]]
    assert contexts[1].flatten(2).any(dim=2).tolist() == [[True, True, True]]


def test_no_head_switched_off_changes_nothing(model):
    plain = run(model)
    with switch_off(model, heads=[]):
        torch.testing.assert_close(run(model), plain, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (
            ("encodr", 0, 0),
            "kind of attention must be one of encoder, decoder, cross, but is 'encodr'; "
            "did you mean 'encoder'?",
        ),
        (("zzz", 0, 0), "kind of attention must be one of encoder, decoder, cross, but is 'zzz'"),
        (("encoder", 2, 0), "layers of encoder attention are 0 to 1, but layer 2 was named"),
        (("cross", -1, 0), "layers of cross attention are 0 to 2, but layer -1 was named"),
        (("decoder", 2, 3), "heads of decoder layer 2 are 0 to 2, but head 3 was named"),
        (("decoder", 2, -1), "heads of decoder layer 2 are 0 to 2, but head -1 was named"),
    ],
)
def test_a_head_that_is_not_there_is_named_with_those_that_are(head, message, model):
    with pytest.raises(InputError) as told:
        check_head(model, *head)
    assert str(told.value) == message
    with pytest.raises(InputError), switch_off(model, heads=[("encoder", 0, 0), head]):
        pass
