"""Hugging Face's config.json in our words and back, and what is told about one that we cannot follow."""

from pathlib import Path

import pytest

from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.huggingface_config import (
    architecture_of,
    huggingface_config,
    read_encoder_config_of,
)
from manyheads.errors import ModelError
from manyheads.recipes.encoder import Bert

PATH = Path("somewhere") / "model" / "config.json"
SIZES = {
    "vocab_size": 23,
    "hidden_size": 12,
    "intermediate_size": 19,
    "num_attention_heads": 3,
    "num_hidden_layers": 2,
    "max_position_embeddings": 29,
}
BERT = {"model_type": "bert", "architectures": ["BertModel"], **SIZES}
ROBERTA = {"model_type": "roberta", "architectures": ["RobertaModel"], **SIZES}
ALBERT = {"model_type": "albert", "architectures": ["AlbertModel"], **SIZES, "embedding_size": 7}
DISTILBERT = {
    "model_type": "distilbert",
    "architectures": ["DistilBertModel"],
    "vocab_size": 23,
    "dim": 12,
    "hidden_dim": 19,
    "n_heads": 3,
    "n_layers": 2,
    "max_position_embeddings": 29,
}
CLASSIFIER = BERT | {"architectures": ["BertForSequenceClassification"]}
TAGGER = BERT | {"architectures": ["BertForTokenClassification"]}


def read(config, **changes):
    return read_encoder_config_of(config | changes, PATH)


def refusal(config, **changes):
    with pytest.raises(ModelError) as caught:
        read(config, **changes)
    assert str(caught.value).startswith(str(PATH))
    return str(caught.value).removeprefix(str(PATH)).removeprefix(": ").strip()


def sizes(**changes):
    plain = {"d_model": 12, "d_ff": 19, "num_heads": 3, "num_layers": 2, "max_length": 29}
    return Bert(**(plain | changes))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (BERT, sizes()),
        (
            BERT
            | {
                "hidden_dropout_prob": 0.3,
                "attention_probs_dropout_prob": 0.2,
                "hidden_act": "gelu_new",
                "layer_norm_eps": 1e-5,
                "type_vocab_size": 5,
            },
            sizes(
                dropout=0.3,
                attention_dropout=0.2,
                activation="gelu_tanh",
                norm_epsilon=1e-5,
                num_segments=5,
            ),
        ),
        (DISTILBERT, sizes(num_segments=0, pooler="none")),
        (
            DISTILBERT | {"dropout": 0.3, "attention_dropout": 0.2, "activation": "relu"},
            sizes(num_segments=0, pooler="none", dropout=0.3, attention_dropout=0.2, activation="relu"),
        ),
        (ROBERTA, sizes(max_length=27, first_position=2)),
        (
            ROBERTA | {"pad_token_id": 4, "type_vocab_size": 1},
            sizes(max_length=24, first_position=5, num_segments=1),
        ),
        (
            ALBERT,
            sizes(
                embedding_width=7, share_layers=True, dropout=0, attention_dropout=0, activation="gelu_tanh"
            ),
        ),
    ],
)
def test_every_size_is_read(config, expected):
    """What is absent is as in transformers: dropout 0.1 and gelu, but for ALBERT 0 and its approximation.

    RoBERTa counts positions from behind the padding token's id: of 29 rows, 1 + 1 stay unused, or 4 + 1.
    """
    found = read(config)
    assert (found.model, found.vocab_size, found.family) == (expected, 23, config["model_type"])


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("gelu", "gelu"),
        ("gelu_pytorch_tanh", "gelu_tanh"),
        ("relu", "relu"),
        ("silu", "silu"),
        ("swish", "silu"),
    ],
)
def test_every_activation_has_our_word(theirs, ours):
    assert read(BERT, hidden_act=theirs).model.activation == ours


@pytest.mark.parametrize(
    ("head", "task", "pooler"),
    [
        ("BertModel", "embedding", "tanh"),
        ("BertForMaskedLM", "masked", "none"),
        ("BertForPreTraining", "masked", "tanh"),
        ("BertForSequenceClassification", "classification", "tanh"),
        ("BertForTokenClassification", "tagging", "none"),
    ],
)
def test_the_architecture_decides_the_task(head, task, pooler):
    found = read(BERT, architectures=[head])
    assert (found.task, found.model.pooler) == (task, pooler)
    assert found.next_sentence == (head == "BertForPreTraining")
    assert architecture_of(found) == head


def test_without_an_architecture_it_is_the_encoder_alone():
    assert read(BERT, architectures=None).task == "embedding"


def test_distilberts_head_has_a_pooler_of_its_own():
    assert read(DISTILBERT, architectures=["DistilBertForSequenceClassification"]).model.pooler == "relu"


@pytest.mark.parametrize(
    ("changes", "task", "labels", "several"),
    [
        ({}, "classification", ("LABEL_0", "LABEL_1"), False),
        ({"num_labels": 3}, "classification", ("LABEL_0", "LABEL_1", "LABEL_2"), False),
        ({"id2label": {"1": "good", "0": "bad"}}, "classification", ("bad", "good"), False),
        ({"num_labels": 1}, "regression", (), False),
        ({"id2label": {"0": "score"}, "problem_type": "regression"}, "regression", (), False),
        (
            {"id2label": {"0": "a"}, "problem_type": "multi_label_classification"},
            "classification",
            ("a",),
            True,
        ),
    ],
)
def test_labels_and_the_kind_of_problem_are_read(changes, task, labels, several):
    found = read(CLASSIFIER, **changes)
    assert (found.task, found.labels, found.several_labels) == (task, labels, several)


@pytest.mark.parametrize(
    ("config", "changes", "told"),
    [
        (
            BERT,
            {"model_type": "berd"},
            "model_type must be one of bert, distilbert, roberta, xlm-roberta, albert, marian, "
            "and is \"berd\"; did you mean 'bert'?",
        ),
        (BERT, {"model_type": None}, "albert, marian, and is null; take a model of one of these"),
        (
            BERT,
            {"architectures": ["BertForQuestionAnswering"]},
            "architectures must name one of BertModel, BertForMaskedLM, BertForPreTraining, "
            "BertForSequenceClassification, BertForTokenClassification, and names 'BertForQuestionAnswering'",
        ),
        (
            BERT,
            {"architectures": ["Zzz"]},
            "and names 'Zzz'; take a model of one of these",
        ),
        (
            BERT,
            {"hidden_act": "gelu_mew"},
            "hidden_act must be one of gelu, gelu_pytorch_tanh, gelu_new, relu, swish, silu, "
            "and is \"gelu_mew\"; did you mean 'gelu_new'?",
        ),
        (
            DISTILBERT,
            {"activation": ["tanh"]},
            "activation must be one of gelu, gelu_pytorch_tanh, gelu_new, ",
        ),
        (
            BERT,
            {"is_decoder": True},
            "is_decoder must be false, and is true; a model that calculates in this",
        ),
        (BERT, {"add_cross_attention": True}, "add_cross_attention must be false, and is true"),
        (
            BERT,
            {"position_embedding_type": "relative_key"},
            'position_embedding_type must be "absolute", and is "relative_key"',
        ),
        (BERT, {"pruned_heads": {"0": [1]}}, 'pruned_heads must be {}, and is {"0": [1]}'),
        (BERT, {"auto_map": {"AutoModel": "x.Y"}}, 'auto_map must be null, and is {"AutoModel": "x.Y"}'),
        (BERT, {"quantization_config": {"bits": 4}}, 'quantization_config must be null, and is {"bits": 4}'),
        (ALBERT, {"num_hidden_groups": 3}, "num_hidden_groups must be 1, and is 3"),
        (ALBERT, {"inner_group_num": 2}, "inner_group_num must be 1, and is 2"),
        (
            BERT,
            {"architectures": ["BertForMaskedLM"], "tie_word_embeddings": False},
            "tie_word_embeddings must be true, and is false",
        ),
        (
            BERT,
            {"hidden_size": "x"},
            "must describe a bert model, but hidden_size: input should be a valid integ",
        ),
        (
            BERT,
            {"hidden_size": 13},
            "must describe a bert model, but model: d_model must be a multiple of num_hea",
        ),
        (
            ROBERTA,
            {"pad_token_id": None},
            "pad_token_id must be a whole number from 0 on, and is null; it says where positions are in th",
        ),
        (
            ROBERTA,
            {"max_position_embeddings": 4},
            "but max_position_embeddings: input should be greater than",
        ),
        (
            ROBERTA,
            {"max_position_embeddings": "29"},
            'max_position_embeddings must be a whole number from 0 on, and is "29"',
        ),
        (ROBERTA, {"pad_token_id": True}, "pad_token_id must be a whole number from 0 on, and is true"),
        (
            TAGGER,
            {"id2label": {"0": "a", "2": "b"}},
            "id2label must name each label by its number, from 0 without",
        ),
        (TAGGER, {"id2label": ["a"]}, 'from 0 without a gap, and is ["a"]; mend it there'),
        (
            CLASSIFIER,
            {"problem_type": "multi_label_classificaton"},
            "problem_type must be one of regression, single_label_classification, multi_label_classification "
            "or null, and is \"multi_label_classificaton\"; did you mean 'multi_label_classification'?",
        ),
        (
            CLASSIFIER,
            {"num_labels": 3, "problem_type": "regression"},
            "a regression must give one number, and gives 3 (id2label); take a model that gives one",
        ),
        (
            CLASSIFIER,
            {"num_labels": 1, "problem_type": "single_label_classification"},
            "must describe a bert model, but labels must be at least 2 for the task classification",
        ),
    ],
)
def test_what_cannot_be_followed_is_named(config, changes, told):
    assert told in refusal(config, **changes)


def test_what_only_matters_with_its_head_is_not_refused_without():
    assert read(BERT, tie_word_embeddings=False, is_decoder=None, num_hidden_groups=None).task == "embedding"


def test_a_missing_size_is_named_with_what_may_have_been_meant():
    config = {key: value for key, value in BERT.items() if key != "num_hidden_layers"}
    assert (
        refusal(config) == "must say num_hidden_layers, and does not; take it from where the model was made"
    )
    assert refusal(config, num_hiden_layers=2).endswith("and does not; did you mean 'num_hiden_layers'?")


@pytest.mark.parametrize(
    ("config", "changes"),
    [
        (BERT, {}),
        (BERT, {"hidden_act": "silu", "architectures": ["BertForPreTraining"], "type_vocab_size": 3}),
        (CLASSIFIER, {"id2label": {"0": "bad", "1": "good"}, "problem_type": "multi_label_classification"}),
        (CLASSIFIER, {"num_labels": 1}),
        (TAGGER, {"id2label": {"0": "O", "1": "B-x"}, "layer_norm_eps": 1e-7}),
        (DISTILBERT, {"architectures": ["DistilBertForSequenceClassification"]}),
        (ROBERTA, {"pad_token_id": 3, "architectures": ["RobertaForMaskedLM"]}),
        (ALBERT, {"hidden_dropout_prob": 0.3}),
    ],
)
def test_what_was_read_is_written_and_read_alike(config, changes):
    found = read(config, **changes)
    written = huggingface_config(found)
    assert written.items() >= {key: config[key] for key in config if key not in changes}.items()
    assert read_encoder_config_of(written, PATH) == found


@pytest.mark.parametrize(
    ("family", "changes", "told"),
    [
        (
            "bert",
            {"share_layers": True},
            "a bert model in Hugging Face's format must have model.share_layers false",
        ),
        (
            "bert",
            {"embedding_width": 7},
            "must have model.embedding_width null, and this one has 7; keep it in our",
        ),
        ("bert", {"first_position": 2}, "must have model.first_position 0, and this one has 2"),
        (
            "bert",
            {"num_segments": 0},
            "must have a model.num_segments, and this one has none; keep it in our",
        ),
        (
            "bert",
            {"pooler": "relu"},
            "must have model.pooler none or tanh, and this one has relu; keep it in our",
        ),
        (
            "distilbert",
            {"num_segments": 0, "pooler": "relu"},
            "must have model.pooler none, and this one has relu",
        ),
        (
            "distilbert",
            {},
            "a distilbert model in Hugging Face's format must have model.num_segments 0, and this",
        ),
        (
            "roberta",
            {},
            "a roberta model in Hugging Face's format must have a model.first_position, and this one",
        ),
        ("albert", {}, "must have model.share_layers true, and this one has false"),
        ("albert", {"share_layers": True}, "must have a model.embedding_width, and this one has none"),
    ],
)
def test_sizes_that_a_family_cannot_have_are_named(family, changes, told):
    config = EncoderConfig(task="embedding", family=family, model=sizes(**changes), vocab_size=23)
    with pytest.raises(ModelError) as caught:
        huggingface_config(config)
    assert told in str(caught.value)
