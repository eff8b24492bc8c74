"""A network's parameters out and in."""

from pathlib import Path

import pytest
import torch

from manyheads.checkpoint.parameters import fill, parameters_of
from manyheads.errors import ModelError

WHERE = Path("somewhere")


def test_every_parameter_is_named_once_however_often_it_serves(make_model):
    model = make_model(tie_embeddings="all")
    weights = parameters_of(model)
    assert list(weights) == [name for name, _ in model.named_parameters()]
    assert "output.weight" not in weights
    assert not any(tensor.requires_grad for tensor in weights.values())


def test_what_was_taken_out_fills_another_model(make_model):
    one, other = make_model(seed=1, tie_embeddings="all"), make_model(seed=2, tie_embeddings="all")
    fill(other, parameters_of(one), WHERE)
    assert all(torch.equal(*pair) for pair in zip(one.parameters(), other.parameters(), strict=True))
    assert other.output.weight is other.encoder.embedding.tokens.weight


def test_a_filled_model_has_numbers_of_its_own(make_model):
    one, other = make_model(seed=1), make_model(seed=2)
    weights = parameters_of(one)
    fill(other, weights, WHERE)
    with torch.no_grad():
        other.output.weight.zero_()
    assert weights["output.weight"].any()


def test_a_part_may_take_the_very_tensors_that_are_given(make_model):
    one, other = make_model(seed=1, tie_embeddings="all"), make_model(seed=2, tie_embeddings="all")
    weights = parameters_of(one)
    name = "encoder.layers.0.attention.query.weight"
    weights[name] = weights[name].double()
    fill(other, weights, WHERE, mapped=[other.encoder.layers])
    assert all(torch.equal(*pair) for pair in zip(one.parameters(), other.parameters(), strict=True))
    for of_part, mine in parameters_of(other).items():
        same = mine.data_ptr() == weights[of_part].data_ptr()
        assert same == (of_part.startswith("encoder.layers.") and of_part != name), of_part
    assert other.output.weight is other.encoder.embedding.tokens.weight


def test_weights_of_another_model_are_refused_and_change_nothing(make_model):
    model, deeper = make_model(seed=1), make_model(seed=2, num_decoder_layers=4)
    before = {name: tensor.clone() for name, tensor in parameters_of(model).items()}
    with pytest.raises(ModelError, match=r"weights in somewhere do not fit the config: 26 unexpected"):
        fill(model, parameters_of(deeper), WHERE)
    wrong = parameters_of(make_model(seed=2, d_ff=31))
    with pytest.raises(
        ModelError, match=r"'encoder.layers.0.feedforward.widen.weight' is 31x42 and should be 37x42"
    ):
        fill(model, wrong, WHERE)
    assert all(torch.equal(tensor, before[name]) for name, tensor in parameters_of(model).items())
