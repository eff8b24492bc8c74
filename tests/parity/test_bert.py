"""BERT and its relatives against `transformers`, from tiny random configs: padded there, packed here."""

import pytest
import torch
from torch import nn

from manyheads.batches.packed import Packed, from_padded
from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.names import buffer_names, encoder_names, tied_names
from manyheads.checkpoint.network import build_network
from manyheads.checkpoint.parameters import parameters_of
from manyheads.model.activation import ACTIVATIONS
from manyheads.recipes.encoder import Bert

pytestmark = pytest.mark.parity

VOCAB, PADDING = 53, 1
LENGTHS = (5, 11, 11, 1, 7)
LABELS = tuple("abcde")
SIZES = {"d_model": 42, "d_ff": 37, "num_heads": 3, "num_layers": 4, "dropout": 0.0, "attention_dropout": 0.0}
THEIR_SIZES = {
    "hidden_size": 42,
    "intermediate_size": 37,
    "num_attention_heads": 3,
    "num_hidden_layers": 4,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}
COMMON = {"vocab_size": VOCAB, "pad_token_id": PADDING, "attn_implementation": "eager"}


def of_bert(transformers):
    theirs = transformers.BertConfig(**COMMON, **THEIR_SIZES, max_position_embeddings=31, type_vocab_size=2)
    return theirs, {"max_length": 31, "num_segments": 2}


def of_distilbert(transformers):
    sizes = {"dim": 42, "hidden_dim": 37, "n_heads": 3, "n_layers": 4, "activation": "relu"}
    dropouts = dict.fromkeys(("dropout", "attention_dropout", "seq_classif_dropout"), 0.0)
    theirs = transformers.DistilBertConfig(**COMMON, **sizes, **dropouts, max_position_embeddings=31)
    return theirs, {"max_length": 31, "num_segments": 0, "activation": "relu"}


def of_roberta(transformers, config="RobertaConfig"):
    sizes = {"max_position_embeddings": 31, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
    theirs = getattr(transformers, config)(**COMMON, **THEIR_SIZES, **sizes)
    return theirs, {"max_length": 29, "first_position": 2, "num_segments": 1, "norm_epsilon": 1e-5}


def of_xlm_roberta(transformers):
    return of_roberta(transformers, "XLMRobertaConfig")


def of_albert(transformers):
    sizes = {"embedding_size": 23, "max_position_embeddings": 31, "type_vocab_size": 2}
    theirs = transformers.AlbertConfig(**COMMON, **THEIR_SIZES, **sizes, classifier_dropout_prob=0.0)
    factored = {"embedding_width": 23, "share_layers": True, "activation": "gelu_tanh"}
    return theirs, {"max_length": 31, "num_segments": 2, **factored}


FAMILIES = {
    "bert": ("Bert", of_bert),
    "distilbert": ("DistilBert", of_distilbert),
    "roberta": ("Roberta", of_roberta),
    "xlm-roberta": ("XLMRoberta", of_xlm_roberta),
    "albert": ("Albert", of_albert),
}
ENDINGS = {
    "embedding": "Model",
    "masked": "ForMaskedLM",
    "pretraining": "ForPreTraining",
    "classification": "ForSequenceClassification",
    "regression": "ForSequenceClassification",
    "tagging": "ForTokenClassification",
}
PRETRAINED = [("bert", "pretraining"), ("albert", "pretraining")]
HEADS = ["embedding", "masked", "classification", "regression", "tagging"]
CASES = [(family, head) for family in FAMILIES for head in HEADS] + PRETRAINED


@pytest.fixture(scope="module")
def transformers():
    import transformers

    return transformers


def pooler_of(family, head):
    """A family's own model of this head has a pooler, or has none."""
    if head in {"masked", "tagging"} or (family, head) == ("distilbert", "embedding"):
        return "none"
    return "relu" if family == "distilbert" else "tanh"


def configs(transformers, family, head):
    """Their config and ours, of one model."""
    theirs, own_sizes = FAMILIES[family][1](transformers)
    theirs.num_labels = {"regression": 1, "pretraining": 2}.get(head, len(LABELS))
    ours = EncoderConfig(
        task="masked" if head == "pretraining" else head,
        family=family,
        model=Bert(**SIZES, **own_sizes, pooler=pooler_of(family, head)),
        vocab_size=VOCAB,
        labels=LABELS if head in {"classification", "tagging"} else (),
        next_sentence=head == "pretraining",
    )
    return theirs, ours


def enliven(model):
    """Draw larger numbers, biases and norms too: what hardly counts could be wrong unseen."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            mean = float(parameter.ndim == 1 and "norm" in name.lower() and name.endswith("weight"))
            nn.init.normal_(parameter, mean=mean, std=0.2)


@pytest.fixture
def twins(transformers):
    """Make their model of a family and a head, and ours with its weights."""

    def make(family, head):
        their_config, config = configs(transformers, family, head)
        theirs = getattr(transformers, FAMILIES[family][0] + ENDINGS[head])(their_config)
        enliven(theirs)
        ours, names = build_network(config), encoder_names(config)
        weights = theirs.state_dict()
        with torch.no_grad():
            for name, parameter in ours.named_parameters():
                parameter.copy_(weights[names[name]])
        return ours, theirs, config

    return make


@pytest.fixture
def batch():
    """Five texts padded as their models want them, and the same ones packed; segments for those who ask."""
    columns = torch.arange(max(LENGTHS))
    mask = columns < torch.tensor(LENGTHS)[:, None]
    ids = torch.where(mask, torch.randint(2, VOCAB, mask.shape), PADDING)
    segments = (columns >= torch.tensor([[3], [5], [2], [1], [4]])).int().long() * mask
    plain = from_padded(ids, mask)
    packed = Packed(plain.token_ids, plain.lengths, segments[mask])
    return packed, {"input_ids": ids, "attention_mask": mask.long(), "token_type_ids": segments}


def run_theirs(theirs, padded, config):
    """Everything that their model says of real tokens: hidden states, then what its head says."""
    asks = config.model.num_segments > 1
    inputs = {key: value for key, value in padded.items() if asks or key != "token_type_ids"}
    result = theirs(**inputs, output_hidden_states=True)
    real = padded["attention_mask"].bool()
    states = [state[real] for state in result.hidden_states]
    per_token = {"last_hidden_state", "prediction_logits"}
    if config.task in {"masked", "tagging"}:
        per_token.add("logits")
    wanted = ("pooler_output", "logits", "prediction_logits", "seq_relationship_logits", "sop_logits")
    said = [(key, result[key]) for key in wanted if result.get(key) is not None]
    return states, [value[real] if key in per_token else value for key, value in said]


def run_ours(ours, packed):
    """The same of ours."""
    states = ours.bert.layer_by_layer(packed)
    said = [] if ours.head is None else [ours(packed)]
    if ours.bert.pooler is not None and (ours.head is None or ours.next_sentence is not None):
        pooled = ours.bert.pool(states[-1], packed.lengths)
        said.append(pooled if ours.next_sentence is None else ours.next_sentence(pooled))
    return states, said


@pytest.mark.parametrize(("family", "head"), CASES)
def test_every_layer_and_every_head_says_what_transformers_says(family, head, twins, batch):
    (ours, theirs, config), (packed, padded) = twins(family, head), batch
    with torch.no_grad():
        states, said = run_ours(ours.eval(), packed)
        their_states, they_said = run_theirs(theirs.eval(), padded, config)
    assert len(states) == 5
    assert len(said) == {"pretraining": 2, "embedding": ours.bert.pooler is not None}.get(head, 1)
    for own, wanted in zip([*states, *said], [*their_states, *they_said], strict=True):
        torch.testing.assert_close(own, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("family", "head"), CASES)
def test_every_gradient_of_training_is_theirs(family, head, twins, batch):
    (ours, theirs, config), (packed, padded) = twins(family, head), batch
    states, said = run_ours(ours.train(), packed)
    their_states, they_said = run_theirs(theirs.train(), padded, config)
    toward = [torch.randn_like(tensor) / tensor.numel() for tensor in [*states, *said]]
    pull = zip([*states, *said], [*their_states, *they_said], toward, strict=True)
    losses = [((own * to).sum(), (wanted * to).sum()) for own, wanted, to in pull]
    for side in zip(*losses, strict=True):
        sum(side).backward()
    gradients = {name: parameter.grad for name, parameter in theirs.state_dict(keep_vars=True).items()}
    names = encoder_names(config)
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[names[name]], rtol=0, atol=1e-4)
        assert parameter.grad.abs().max() > 1e-6 or "key.bias" in name


@pytest.mark.parametrize(("family", "head"), CASES)
def test_there_and_back_gives_identical_tensors_and_leaves_nothing_over(family, head, twins):
    ours, theirs, config = twins(family, head)
    names, copies = encoder_names(config), tied_names(config)
    back = {names[name]: tensor for name, tensor in parameters_of(ours).items()}
    assert len(back) == len(names)
    back |= {copy: back[original] for copy, original in copies.items()}
    wanted = theirs.state_dict()
    assert set(back) == set(wanted) - buffer_names(config)
    assert all(torch.equal(back[name], tensor) for name, tensor in wanted.items())


@pytest.mark.parametrize(
    ("name", "theirs"), [("gelu", "gelu"), ("gelu_tanh", "gelu_new"), ("relu", "relu"), ("silu", "silu")]
)
def test_each_activation_is_theirs(name, theirs, transformers):
    numbers = torch.linspace(-6, 6, 101)
    wanted = transformers.activations.ACT2FN[theirs](numbers)
    torch.testing.assert_close(ACTIVATIONS[name](numbers), wanted, rtol=0, atol=1e-6)
