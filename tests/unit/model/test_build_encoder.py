"""From sizes to an encoder: which parameters there are is a contract with every stored model."""

import pytest
import torch

from manyheads.model.build_encoder import build_encoder

BOTH = ("weight", "bias")
LAYER = [f"attention.{part}" for part in ("query", "key", "value", "output")]
LAYER += ["attention_residual.norm", "feedforward.widen", "feedforward.narrow", "feedforward_residual.norm"]
EMBEDDING = "bert.encoder.embedding"
TABLES = [f"{EMBEDDING}.{table}.weight" for table in ("tokens", "positions", "segments")]
NORM, PROJECTION = ([f"{EMBEDDING}.{part}.{which}" for which in BOTH] for part in ("norm", "projection"))
POOLER = [f"bert.pooler.linear.{which}" for which in BOTH]


def layers(count):
    return [
        f"bert.encoder.layers.{n}.{part}.{which}" for n in range(count) for part in LAYER for which in BOTH
    ]


def names(model):
    return [name for name, _ in model.named_parameters()]


def test_parameter_names_are_frozen(make_encoder):
    assert names(make_encoder()) == TABLES + NORM + layers(4) + POOLER


def test_no_segments_no_pooler_and_a_map_change_the_names_by_just_that(make_encoder):
    changed = make_encoder(num_segments=0, pooler="none", embedding_width=23)
    assert names(changed) == TABLES[:2] + NORM + PROJECTION + layers(4)


def test_shared_layers_have_their_parameters_once_and_are_layers_of_their_own(make_encoder):
    model = make_encoder(share_layers=True)
    assert names(model) == TABLES + NORM + layers(1) + POOLER
    first, *others = model.bert.encoder.layers
    own = dict(first.named_parameters())
    assert len(others) == 3
    for layer in others:
        assert layer is not first
        assert all(parameter is own[name] for name, parameter in layer.named_parameters())
    assert [layer.attention.layer for layer in model.bert.encoder.layers] == [0, 1, 2, 3]


def test_the_heads_names(make_encoder):
    masked = make_encoder(head="masked", next_sentence=True)
    head = [f"head.{part}.{which}" for part in ("linear", "norm") for which in BOTH] + ["head.output.bias"]
    assert names(masked)[-7:] == [*head, "next_sentence.output.weight", "next_sentence.output.bias"]
    labels = make_encoder(head="labels", num_labels=5)
    assert names(labels)[-2:] == ["head.output.weight", "head.output.bias"]
    assert labels.head.output.weight.shape == (5, 42)
    assert masked.next_sentence.output.weight.shape == (2, 42)


def test_the_number_of_parameters_is_that_of_the_sum_worked_out_by_hand(make_encoder):
    """With d = 42, f = 37, w = 23: tables (53 + 31 + 2) w = 1978, norm 2 w = 46, map w d + d = 1008.

    One layer 4 (d d + d) + 2 d f + f + d + 4 d = 10579; pooler d d + d = 1806; masked head d w + w + 2 w + 53
    = 1088, its output weight being the tokens'.
    """
    model = make_encoder(head="masked", embedding_width=23, share_layers=True)
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count == 1978 + 46 + 1008 + 10579 + 1806 + 1088


def test_every_dropout_has_the_configured_share_and_stands_where_bert_has_it(encoder_sizes):
    sizes = encoder_sizes(dropout=0.3, attention_dropout=0.2, num_layers=2)
    model = build_encoder(sizes, vocab_size=53, head="labels", num_labels=5, next_sentence=True)
    shares = {name: part.share for name, part in model.named_modules() if hasattr(part, "share")}
    residuals = [f"{which}_residual.dropout" for which in ("attention", "feedforward")]
    places = [f"bert.encoder.layers.{layer}.{residual}" for layer in range(2) for residual in residuals]
    wanted = dict.fromkeys([f"{EMBEDDING}.dropout", *places, "head.dropout"], 0.3)
    assert shares == wanted | {"next_sentence.dropout": 0.0}
    assert {part.dropout for part in model.modules() if hasattr(part, "num_heads")} == {0.2}


def test_every_norm_has_the_configured_epsilon(make_encoder):
    model = make_encoder(head="masked", norm_epsilon=0.25)
    norms = [part.eps for part in model.modules() if isinstance(part, torch.nn.LayerNorm)]
    assert norms == [0.25] * (1 + 2 * 4 + 1)


@pytest.mark.parametrize(("head", "count"), [("labels", 0), ("none", 3), ("masked", 2)])
def test_labels_and_their_number_go_together(head, count, encoder_sizes):
    with pytest.raises(ValueError, match=rf"num_labels must be above 0 .* but is {count} for {head}"):
        build_encoder(encoder_sizes(), vocab_size=53, head=head, num_labels=count)


def test_the_next_sentence_needs_a_pooler(encoder_sizes):
    with pytest.raises(ValueError, match=r"next_sentence is read off a pooler, but pooler is 'none'"):
        build_encoder(encoder_sizes(pooler="none"), vocab_size=53, next_sentence=True)
