"""The families' names for our parameters; whole models stand against `transformers` in `tests/parity`."""

import pytest
import torch

from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.names import base_prefix, buffer_names, encoder_names, modern_name, tied_names
from manyheads.checkpoint.network import build_network
from manyheads.errors import ModelError
from manyheads.recipes.encoder import Bert

PARTS = {
    "bert": {},
    "distilbert": {"num_segments": 0},
    "roberta": {"first_position": 2, "num_segments": 1},
    "xlm-roberta": {"first_position": 2, "num_segments": 1},
    "albert": {"embedding_width": 23, "share_layers": True},
}
QUERY = "bert.encoder.layers.11.attention.query.weight"
POOLER, OUTPUT = "bert.pooler.linear.bias", "head.output.bias"


def config(family, task="embedding", *, pooler="none", **changes):
    sizes = Bert(**({"num_layers": 12, "pooler": pooler} | PARTS[family] | changes))
    labels = ("a", "b") if task in {"classification", "tagging"} else ()
    return EncoderConfig(task=task, family=family, model=sizes, vocab_size=53, labels=labels)


@pytest.mark.parametrize("family", PARTS)
@pytest.mark.parametrize("task", ["embedding", "masked", "classification", "regression", "tagging"])
def test_every_parameter_has_a_name_and_none_has_anothers(family, task):
    small = config(family, task, pooler="tanh" if task in {"classification", "regression"} else "none")
    names = encoder_names(small)
    assert list(names) == [name for name, _ in build_network(small).named_parameters()]
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize(
    ("family", "query"),
    [
        ("bert", "bert.encoder.layer.11.attention.self.query.weight"),
        ("distilbert", "distilbert.transformer.layer.11.attention.q_lin.weight"),
        ("roberta", "roberta.encoder.layer.11.attention.self.query.weight"),
        ("xlm-roberta", "roberta.encoder.layer.11.attention.self.query.weight"),
    ],
)
def test_layers_are_numbered_alike_and_the_prefix_stands_where_there_is_a_head(family, query):
    assert encoder_names(config(family, "masked"))[QUERY] == query
    without = encoder_names(config(family))[QUERY]
    assert base_prefix(config(family)) + without == query


def test_alberts_one_layer_serves_for_all():
    names = encoder_names(config("albert"))
    ours = "bert.encoder.layers.0.feedforward_residual.norm.bias"
    assert names[ours] == "encoder.albert_layer_groups.0.albert_layers.0.full_layer_layer_norm.bias"
    assert QUERY not in names


@pytest.mark.parametrize(
    ("family", "pooler", "output"),
    [
        ("bert", "bert.pooler.dense.bias", "classifier.bias"),
        ("distilbert", "pre_classifier.bias", "classifier.bias"),
        ("roberta", "classifier.dense.bias", "classifier.out_proj.bias"),
        ("albert", "albert.pooler.bias", "classifier.bias"),
    ],
)
def test_a_classifiers_pooler_is_the_families_own(family, pooler, output):
    names = encoder_names(config(family, "classification", pooler="tanh"))
    assert (names[POOLER], names[OUTPUT]) == (pooler, output)


@pytest.mark.parametrize(
    ("family", "copies"),
    [
        (
            "bert",
            {
                "cls.predictions.decoder.weight": "bert.embeddings.word_embeddings.weight",
                "cls.predictions.decoder.bias": "cls.predictions.bias",
            },
        ),
        ("distilbert", {"vocab_projector.weight": "distilbert.embeddings.word_embeddings.weight"}),
    ],
)
def test_copies_are_told_of_masked_models_and_name_what_they_copy(family, copies):
    masked = config(family, "masked")
    assert tied_names(masked) == copies
    assert set(copies.values()) <= set(encoder_names(masked).values())
    assert not set(copies) & set(encoder_names(masked).values())
    assert tied_names(config(family)) == {}


def test_buffers_carry_the_prefix_where_names_do():
    buffers = {"embeddings.position_ids", "embeddings.token_type_ids"}
    assert buffer_names(config("albert")) == buffers
    assert buffer_names(config("albert", "tagging")) == {f"albert.{name}" for name in buffers}


@pytest.mark.parametrize(
    ("old", "today"),
    [
        ("bert.embeddings.LayerNorm.beta", "bert.embeddings.LayerNorm.bias"),
        ("cls.predictions.transform.LayerNorm.gamma", "cls.predictions.transform.LayerNorm.weight"),
        ("embeddings.gamma.weight", "embeddings.gamma.weight"),
    ],
)
def test_gamma_and_beta_are_a_norms_weight_and_bias(old, today):
    assert modern_name(old) == today


@pytest.mark.parametrize(
    ("family", "changes", "part"),
    [
        ("distilbert", {"num_segments": 2}, "bert.encoder.embedding.segments"),
        ("bert", {"embedding_width": 23}, "bert.encoder.embedding.projection"),
        ("distilbert", {"pooler": "tanh"}, "bert.pooler.linear"),
    ],
)
def test_a_part_that_the_family_lacks_is_named(family, changes, part):
    with pytest.raises(
        ModelError, match=rf"family '{family}' .* task embedding it has none for {part}; choose"
    ):
        encoder_names(config(family, **changes))


def test_naming_draws_no_random_numbers():
    state = torch.random.get_rng_state()
    encoder_names(config("bert"))
    assert torch.equal(torch.random.get_rng_state(), state)
