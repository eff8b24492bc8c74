"""Which tensors are taken, which may stay away, and what is told about the others."""

from pathlib import Path

import pytest
import torch

from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.huggingface_weights import as_in_file, own_weights, shapes_of
from manyheads.checkpoint.names import encoder_names
from manyheads.errors import ManyheadsWarning, ModelError

WHERE = Path("somewhere") / "model"


@pytest.fixture
def published(make_encoder):
    """Give an encoder's config, and its weights under its family's names."""

    def make(*args, **words):
        stored = make_encoder(*args, **words)
        config = EncoderConfig.model_validate(stored.config)
        return config, {theirs: stored.weights[ours] for ours, theirs in encoder_names(config).items()}

    return make


def refusal(config, tensors):
    with pytest.raises(ModelError) as caught:
        own_weights(config, tensors, WHERE)
    return str(caught.value)


def test_every_parameter_gets_our_name(published):
    config, tensors = published("masked", sizes={"pooler": "none"})
    found = own_weights(config, tensors, WHERE)
    assert {name: tuple(tensor.shape) for name, tensor in found.items()} == shapes_of(config)
    for ours, theirs in encoder_names(config).items():
        assert found[ours] is tensors[theirs]


@pytest.mark.parametrize("drawing", ["normal_", "uniform_"])
def test_to_know_shapes_nothing_is_drawn(published, monkeypatch, drawing):
    """Without memory to draw into, PyTorch would load its compiler, which takes longer than the weights."""
    config, tensors = published("masked")
    monkeypatch.setattr(torch.Tensor, drawing, lambda *_, **__: pytest.fail("something was drawn"))
    assert len(shapes_of(config)) == len(tensors)


def test_an_encoder_is_found_with_and_without_the_prefix_that_a_head_brings(published):
    config, tensors = published()
    assert "embeddings.LayerNorm.weight" in tensors
    own_weights(config, {f"bert.{name}": tensor for name, tensor in tensors.items()}, WHERE)
    config, tensors = published("masked", sizes={"pooler": "none"})
    assert "bert.embeddings.LayerNorm.weight" in tensors
    own_weights(config, {name.removeprefix("bert."): tensor for name, tensor in tensors.items()}, WHERE)


def test_the_first_berts_names_of_a_norms_parameters_are_known(published):
    config, tensors = published()
    old = {
        name.replace("Norm.weight", "Norm.gamma").replace("Norm.bias", "Norm.beta"): tensor
        for name, tensor in tensors.items()
    }
    assert sum(name.endswith(".gamma") for name in old) == 5
    own_weights(config, old, WHERE)


def test_copies_and_positions_that_are_only_numbered_are_passed_over(published):
    config, tensors = published("masked", sizes={"pooler": "none"})
    more = {
        "bert.embeddings.position_ids": torch.arange(19)[None],
        "cls.predictions.decoder.weight": tensors["bert.embeddings.word_embeddings.weight"].clone(),
        "cls.predictions.decoder.bias": tensors["cls.predictions.bias"].clone(),
    }
    assert own_weights(config, tensors | more, WHERE).keys() == own_weights(config, tensors, WHERE).keys()


def test_output_weights_of_their_own_are_refused(published):
    config, tensors = published("masked", sizes={"pooler": "none"})
    other = torch.zeros_like(tensors["bert.embeddings.word_embeddings.weight"])
    assert refusal(config, tensors | {"cls.predictions.decoder.weight": other}) == (
        f"the weights in {WHERE} must have 'cls.predictions.decoder.weight' equal to "
        "'bert.embeddings.word_embeddings.weight', and have another; "
        "a model with output weights of its own is not supported"
    )


def test_a_head_that_is_missing_is_told_and_never_drawn(published):
    config, tensors = published("classification", labels=("a", "b"))
    base = {name: tensor for name, tensor in tensors.items() if not name.startswith("classifier")}
    assert refusal(config, base) == (
        f"{WHERE / 'config.json'} names BertForSequenceClassification, but the weights have no such head: "
        "classifier.weight, classifier.bias missing; nothing is filled in at random: train the head first, "
        "or name BertModel in architectures to use the encoder alone"
    )


def test_what_is_missing_unknown_or_of_another_shape_is_told_at_once(published):
    config, tensors = published()
    del tensors["encoder.layer.1.output.dense.bias"]
    tensors["encoder.layer.2.output.dense.bias"] = torch.ones(12)
    tensors["embeddings.LayerNorm.bias"] = torch.ones(5)
    told = refusal(config, tensors)
    assert told.startswith(
        f"the weights in {WHERE} do not fit the config: 1 missing ('encoder.layer.1.output.den"
    )
    assert "1 unexpected ('encoder.layer.2.output.dense.bias')" in told
    assert "1 of another shape ('embeddings.LayerNorm.bias' is 5 and should be 12)" in told


def test_other_heads_are_left_out_with_a_warning(published):
    config, tensors = published()
    others = {f"cls.{number}": torch.ones(2) for number in range(4)}
    with pytest.warns(ManyheadsWarning) as told:
        found = own_weights(config, tensors | others, WHERE)
    assert str(told[0].message) == (
        f"{WHERE} holds 4 tensors that BertModel has no use for, and they are left out: "
        "cls.0, cls.1, cls.2, ..."
    )
    assert len(found) == len(tensors)


@pytest.mark.parametrize(
    ("task", "left_out", "expected"),
    [
        ("embedding", "none", ("tanh", False)),
        ("embedding", "pooler.", ("none", False)),
        ("masked", "none", ("tanh", True)),
        ("masked", "cls.seq_relationship.", ("tanh", False)),
        ("masked", "bert.pooler.", ("none", False)),
    ],
)
def test_pooler_and_next_sentence_are_there_if_the_file_has_them(published, task, left_out, expected):
    """What config.json calls a masked language model may have been saved with all of BERT, or without."""
    whole, tensors = published(task, next_sentence=task == "masked")
    named = whole.model_copy(
        update={"next_sentence": False, "model": whole.model.model_copy(update={"pooler": "none"})}
    )
    there = {name: tensor for name, tensor in tensors.items() if not name.startswith(left_out)}
    found = as_in_file(named, there)
    assert (found.model.pooler, found.next_sentence) == expected


def test_a_next_sentence_that_the_config_promises_must_be_there(published):
    config, tensors = published("masked", next_sentence=True)
    there = {name: tensor for name, tensor in tensors.items() if "pooler" not in name and "seq_" not in name}
    assert as_in_file(config, there) == config
    assert "names BertForPreTraining, but the weights have no such head: pooler.dense.weight" in refusal(
        config, there
    )


@pytest.mark.parametrize("family", ["roberta", "distilbert"])
def test_families_without_a_next_sentence_are_left_as_they_are(published, family):
    sizes = (
        {"pooler": "none", "num_segments": 0}
        if family == "distilbert"
        else {"pooler": "none", "first_position": 2}
    )
    config, tensors = published("masked", sizes=sizes, family=family)
    assert as_in_file(config, tensors) == config
