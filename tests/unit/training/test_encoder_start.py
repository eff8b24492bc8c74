"""What an encoder's run begins with: whose sizes and numbers, and which parts are drawn."""

import pytest
import torch

from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.store import load_model
from manyheads.errors import ModelError


@pytest.fixture
def before(go_encoder):
    """Train some task first, and give its folder."""

    def make(task, changes=()):
        return str(go_encoder(task, changes, folder=f"before-{task}")[0].folder)

    return make


def same(task, folder, prefix):
    stored = load_model(folder).weights
    own = parameters_of(task.model)
    names = [name for name in own if name.startswith(prefix)]
    assert names
    return all(name in stored and torch.equal(own[name], stored[name]) for name in names)


def test_a_new_head_is_drawn_on_the_layers_of_another_model(encoder_task, before, tmp_path):
    folder = before("masked")
    task = encoder_task("classification", {"init": folder, "model.d_model": 24, "model.dropout": 0.25})
    assert same(task, tmp_path / "before-masked", "bert.encoder.")
    assert task.begun.drawn == ("head", "pooler")
    assert task.model_lines()[:2] == [
        f"going on from {folder}, with its vocabulary and sizes",
        "new in it and drawn from seed 1: head and pooler",
    ]
    assert (task.begun.config.model.d_model, task.begun.config.model.dropout) == (12, 0.25)


def test_the_head_depends_on_the_seed_alone(encoder_task, before):
    folder = before("masked")
    heads = [
        encoder_task("tagging", {"init": folder, "seed": seed}, folder=str(place)).model.head.output.weight
        for place, seed in enumerate((5, 5, 6))
    ]
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_token_vectors_may_stay_as_they_were(go_encoder, before, tmp_path):
    """All layers learn, and the head that is tied to the vectors with its own bias; the vectors do not."""
    folder = before("classification")
    run, *_ = go_encoder("masked", {"init": folder, "training.keep_tokens": "true"}, folder="after")
    kept, learned = "bert.encoder.embedding.tokens.", "bert.encoder.layers."
    assert same(run.task, tmp_path / "before-classification", kept)
    assert not same(run.task, tmp_path / "before-classification", learned)


def test_how_a_vector_is_made_is_kept_unless_the_task_decides_it(encoder_task, before):
    folder = before("embedding", {"embedding.pooling": "max", "embedding.normalize": True})
    masked = encoder_task("masked", {"init": folder}).begun.config
    assert (masked.pooling, masked.normalize) == ("max", True)
    again = encoder_task(
        "embedding", {"init": folder, "embedding.normalize": False}, folder="again"
    ).begun.config
    assert (again.pooling, again.normalize) == ("mean", False)


def test_a_head_with_the_same_labels_is_kept(encoder_task, before, tmp_path):
    task = encoder_task("classification", {"init": before("classification")})
    assert same(task, tmp_path / "before-classification", "")
    assert task.begun.drawn == ()


def test_a_head_with_other_labels_is_drawn(encoder_task, before, tmp_path):
    folder = before("classification")
    (tmp_path / "other.tsv").write_text("one\tup\ntwo\tdown\n" * 9, encoding="utf-8")
    task = encoder_task("classification", {"init": folder, "data": str(tmp_path / "other.tsv")})
    assert task.begun.drawn == ("head",)
    assert task.begun.config.labels == ("down", "up")
    assert same(task, tmp_path / "before-classification", "bert.")


def test_going_on_with_masks_keeps_their_head_and_draws_that_of_next_sentences(
    encoder_task, before, tmp_path
):
    folder = before("masked")
    assert encoder_task("masked", {"init": folder}).begun.drawn == ()
    following = {"init": folder, "masking.next_sentence": True, "corpus.valid_share": 0.2}
    task = encoder_task("masked", following, folder="second")
    assert task.begun.drawn == ("pooler", "next-sentence head")
    assert same(task, tmp_path / "before-masked", "head.")


def test_a_number_learned_before_is_not_begun_anew(encoder_task, before, tmp_path):
    task = encoder_task("regression", {"init": before("regression")})
    assert same(task, tmp_path / "before-regression", "head.")


def test_a_model_without_whole_layers_is_told(encoder_task, before, tmp_path):
    """Nothing of the encoder itself is ever drawn in silence."""
    from manyheads.checkpoint.store import save_tensors

    folder = tmp_path / "before-masked"
    before("masked")
    weights = {name: tensor.clone() for name, tensor in load_model(folder).weights.items()}
    del weights["bert.encoder.layers.1.feedforward.widen.weight"]
    (folder / "model.safetensors").unlink()
    save_tensors(folder / "model.safetensors", weights)
    with pytest.raises(ModelError, match=r"layers\.1\.feedforward\.widen\.weight"):
        encoder_task("classification", {"init": str(folder)})


def test_a_translator_is_no_encoder_to_go_on_from(go, encoder_task, tmp_path):
    go(folder="translator")
    with pytest.raises(ModelError, match="task"):
        encoder_task("tagging", {"init": str(tmp_path / "translator")})


def test_from_nothing_positions_end_where_learning_does(encoder_task):
    task = encoder_task("classification", {"corpus.max_tokens": 9})
    assert (task.begun.max_tokens, task.begun.config.max_tokens) == (9, 9)
    assert encoder_task("tagging", folder="two").begun.max_tokens == 32


def test_the_first_numbers_are_berts(encoder_task):
    """Normal with 0.02, biases 0, norms 1."""
    weights = parameters_of(encoder_task("masked").model)
    assert weights["bert.encoder.embedding.tokens.weight"].std().item() == pytest.approx(0.02, rel=0.25)
    assert weights["head.linear.bias"].abs().max().item() == 0.0
