"""Going on from a published Marian model: with its vocabulary, its special ids, and its own settings."""

import pytest
import torch

from manyheads.checkpoint.marian import write_marian
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.store import load_model
from manyheads.inference.load import load

pytestmark = pytest.mark.runs

PAIRS = [
    (f"{one} {thing}", f"ein {other}")
    for one in ("a", "one", "the")
    for thing, other in (("man", "Mann"), ("dog", "Hund"), ("park", "Park"), ("man walk", "Mann gehen"))
]


@pytest.fixture
def start(go, marian_folder, pairs_file):
    """Go on from the Marian model with twelve pairs."""

    def train(changes=(), **options):
        pairs = {"data": str(pairs_file(PAIRS, "marian.tsv")), "init": str(marian_folder)}
        return go(pairs | {"training.updates": 2} | dict(changes), **options)

    return train


def test_it_goes_on_with_the_models_vocabulary_sizes_and_settings(start, marian_folder):
    """The recipe says beam 1 itself; all the rest is the model's."""
    run, _, _ = start()
    before, config = load(marian_folder).config, run.task.translator.config
    assert config.model == before.model
    said = {"beam": 1, "max_length_factor": 1.0, "max_length_extra": 1}
    assert config.decoding == before.decoding.model_copy(update=said)
    assert (config.tokenizer, config.src_vocab_size) == ("marian", before.src_vocab_size)


def test_batches_begin_and_end_as_the_model_knows_it(start):
    run, _, _ = start()
    special = run.task.translator.special
    batch = run.task.batches.batch(0)
    firsts, ends = batch.tgt.lengths.starts[:-1], [start - 1 for start in batch.src.lengths.starts[1:]]
    assert set(batch.tgt.token_ids[list(firsts)].tolist()) == {special.tgt.begin}
    assert set(batch.src.token_ids[ends].tolist()) == {special.src.end} == {0}
    assert (batch.labels == 0).sum() == len(batch.tgt.lengths)


def test_what_was_trained_on_is_a_marian_model_still(start, tmp_path):
    run, _, _ = start({"training.updates": 5, "decoding": {"beam": 1}})
    stored = load_model(tmp_path / "run")
    assert {"source.spm", "target.spm", "vocab.json"} <= {path.name for path in (tmp_path / "run").iterdir()}
    write_marian(stored, tmp_path / "back")
    texts = [src for src, _ in PAIRS[:3]]
    ours, theirs = (load(tmp_path / name, device="cpu").translate(texts) for name in ("run", "back"))
    assert [done.token_ids for done in ours] == [done.token_ids for done in theirs]
    bias = stored.weights["output.bias"]
    assert not torch.equal(bias, load_model(tmp_path / "marian").weights["output.bias"])
    assert torch.equal(bias, parameters_of(run.task.model)["output.bias"])


def test_a_stopped_run_goes_on_as_if_it_had_not(start, tmp_path):
    start({"training.updates": 3})
    start({"training.updates": 6}, resume=True)
    start({"training.updates": 6}, folder="whole")
    one, other = (load_model(tmp_path / name).weights for name in ("run", "whole"))
    assert all(torch.equal(one[name], other[name]) for name in one)
