"""A traced layer gives what the layer gives, and its steps add up."""

import pytest
import torch

from manyheads.batches.packed import Layout, pack
from manyheads.model.trace import trace_decoder, trace_embedding, trace_encoder

SRC, TGT = pack([[3, 4, 5, 6, 7]]), pack([[3, 8, 9]])


@pytest.fixture(params=[False, True], ids=["norm behind", "norm first"])
def model(make_model, request):
    return make_model(norm_first=request.param)


def test_the_last_layer_s_result_is_what_the_encoder_says(model):
    traces = list(trace_encoder(model.encoder, SRC))
    assert len(traces) == len(model.encoder.layers)
    with torch.no_grad():
        last = model.encoder.final_norm(traces[-1].sublayers[-1].result)
        torch.testing.assert_close(last, model.encode(SRC))


def test_the_last_layer_s_result_is_what_the_decoder_says(model):
    with torch.no_grad():
        memory = model.encode(SRC)
        traces = list(trace_decoder(model.decoder, TGT, memory, SRC))
        last = model.decoder.final_norm(traces[-1].sublayers[-1].result)
        torch.testing.assert_close(last, model.decode(TGT, memory, SRC.lengths))
    assert [part.name for part in traces[0].sublayers] == ["decoder", "cross", "feedforward"]


def test_each_sublayer_goes_on_where_the_one_before_ended(model):
    with torch.no_grad():
        memory = model.encode(SRC)
    for trace in (*trace_encoder(model.encoder, SRC), *trace_decoder(model.decoder, TGT, memory, SRC)):
        for part, after in zip(trace.sublayers, trace.sublayers[1:], strict=False):
            assert after.before is part.result
        for part in trace.sublayers:
            torch.testing.assert_close(part.total, part.before + part.said)


def test_the_points_of_attention_follow_from_each_other(model):
    """Scores are query times key over the root of 4; the context is the weights times the values."""
    (trace, *_) = trace_encoder(model.encoder, SRC)
    points = trace.attention("encoder").points
    query, key, value = (points[name] for name in ("query", "key", "value"))
    torch.testing.assert_close(points["scores"], query @ key.transpose(1, 2) / query.shape[-1] ** 0.5)
    torch.testing.assert_close(points["context"], torch.softmax(points["scores"], -1) @ value)
    torch.testing.assert_close(points["output"], trace.attention("encoder").said)


def test_a_translator_s_embedding_is_its_token_and_its_position(model):
    parts = trace_embedding(model.encoder.embedding, SRC)
    assert list(parts) == ["token", "position", "sum"]
    with torch.no_grad():
        torch.testing.assert_close(parts["token"] + parts["position"], model.encoder.embedding.embed(SRC))
    # Two places of one token differ by their positions alone.
    twice = trace_embedding(model.encoder.embedding, pack([[5, 5]]))
    torch.testing.assert_close(twice["token"][0], twice["token"][1])
    assert not torch.allclose(twice["position"][0], twice["position"][1])


def test_an_encoder_s_embedding_has_segments_and_a_norm(make_runner):
    bert = make_runner().model.bert
    parts = trace_embedding(bert.encoder.embedding, SRC)
    assert list(parts) == ["token", "position", "segment", "sum", "embedded"]
    with torch.no_grad():
        torch.testing.assert_close(parts["token"] + parts["position"] + parts["segment"], parts["sum"])
        torch.testing.assert_close(bert.encoder.embedding.norm(parts["sum"]), parts["embedded"])
        layout = Layout(SRC.lengths, SRC.lengths)
        torch.testing.assert_close(
            bert.encoder.layers[0](parts["embedded"], layout),
            next(iter(trace_encoder(bert.encoder, SRC))).sublayers[-1].result,
        )
