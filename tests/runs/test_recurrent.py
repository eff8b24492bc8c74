"""A recurrent translator from a recipe to a folder, translated with, looked into, gone on from."""

import json

import numpy as np
import pytest
import torch

from manyheads.batches.translation import pack_pairs
from manyheads.checkpoint.store import load_model
from manyheads.inference.load import load

pytestmark = pytest.mark.runs

RECIPE = """
data = "pairs.tsv"
threads = 1
precision = "float32"
[corpus]
valid_share = 0.05
test_share = 0.0
[tokenizer]
vocab_size = 269
[model]
architecture = "recurrent"
d_model = 10
num_encoder_layers = 2
num_decoder_layers = 2
dropout = 0.1
max_length = 16
[training]
updates = 4
batch_tokens = 80
save_every = 2
log_every = 2
[validation]
every = 2
metric = "loss"
max_sentences = 2
[decoding]
beam = 3
max_length_factor = 1.0
max_length_extra = 1
"""
LETTERS = "abcdefgh"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a recipe and 64 pairs, in which the command runs."""
    pairs = [f"{one} {other} x\tx {other} {one}\n" for one in LETTERS for other in LETTERS]
    (tmp_path / "pairs.tsv").write_text("".join(pairs), encoding="utf-8")
    (tmp_path / "toy.toml").write_text(RECIPE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def trained(run, place):
    def train(*words):
        done = run("train", "toy.toml", *words)
        assert (done.code, done.err) == (0, "")
        return done.out

    return train


def test_the_run_says_what_the_network_is(trained, place):
    out = trained()
    assert "model: recurrent (GRU), 2+2 layers, d_model 10, additive attention, dropout 0.1\n" in out
    assert "A recurrent network that translates" in (place / "runs" / "toy" / "README.md").read_text("utf-8")
    assert load_model(place / "runs" / "toy").config["model"]["architecture"] == "recurrent"


def test_a_stopped_run_ends_with_the_weights_of_one_that_was_not(trained, place):
    trained()
    trained("training.updates=2", "--output", "stopped")
    trained("--output", "stopped", "--resume")
    whole, resumed = (load_model(place / folder).weights for folder in ("runs/toy", "stopped"))
    for name, tensor in whole.items():
        np.testing.assert_array_equal(tensor.numpy(), resumed[name].numpy(), err_msg=name)


def test_it_translates_and_shows_where_it_looked(trained, run):
    trained()
    assert run("translate", "--model", "runs/toy", "--alignment", "a b x").code == 0
    fields = json.loads(run("look", "--model", "runs/toy", "--json", "a b x").out)
    assert (fields["kind"], fields["layer"], fields["head"]) == ("cross", 0, None)
    assert len(fields["columns"]) == 4
    for row in fields["weights"]:
        assert sum(row) == pytest.approx(1.0, abs=1e-4)
    for name in ("look.html", "look.svg", "look.json", "look.npz"):
        assert run("look", "--model", "runs/toy", "a b x", "--output", name).code == 0
    assert set(np.load("look.npz").files) >= {"cross.0.0"}


def test_beam_search_agrees_with_reading_what_it_found(trained):
    """The log probabilities of the search's steps are those of one pass over the whole answer."""
    trained()
    translator, sources = load("runs/toy"), ["a b x", "c x", "h g f e"]
    encoded = translator.src_tokenizer.encode_ids(sources)
    for src_ids, answer in zip(encoded, translator.translate(sources, n_best=3), strict=True):
        for each in answer.n_best:
            batch = pack_pairs([np.array(src_ids)], [np.array(each.token_ids, np.int64)], translator.special)
            with torch.no_grad():
                scores = translator.model(batch.src, batch.tgt).log_softmax(dim=1)
            read = scores.gather(1, batch.labels[:, None])[: len(each.log_probs), 0]
            np.testing.assert_allclose(read.numpy(), each.log_probs, atol=1e-4)
            assert len(each.log_probs) > 1


@pytest.mark.parametrize("words", [("look", "a b x"), ("translate", "--alignment", "a b x")])
def test_without_attention_there_is_nothing_to_show(trained, run, words):
    trained("model.attention=none")
    verb, *rest = words
    done = run(verb, "--model", "runs/toy", *rest)
    assert (done.code, done.out) == (2, "")
    assert "must have attention to show where it looked, but this one has none" in done.err


def test_another_kind_of_attention_is_told_with_the_one_it_has(trained, run):
    trained()
    done = run("look", "--model", "runs/toy", "--kind", "encoder", "a b x")
    assert done.code == 2
    assert "has no 'encoder' attention; its kinds are: cross" in done.err


def test_other_programs_have_no_words_for_it(trained, run, place):
    trained()
    done = run("convert", "runs/toy", "theirs", "--to", "huggingface")
    assert done.code == 2
    assert "must be a Transformer for Hugging Face's format to hold it, but this one is recurrent" in done.err
    assert not (place / "theirs").exists()


def test_a_run_goes_on_from_it_with_its_sizes(trained):
    trained()
    out = trained("init=runs/toy", "model.d_model=20", "model.dropout=0.2", "--output", "further")
    assert "going on from runs/toy, with its vocabulary and sizes" in out
    assert "d_model 10, additive attention, dropout 0.2" in out
