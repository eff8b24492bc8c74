"""Vectors of texts: what is learned from pairs, and what is said of scores out of range."""

import pytest
import torch

from manyheads.errors import InputError


def test_vectors_have_length_one_and_the_pairs_their_order(encoder_task):
    task = encoder_task("embedding")
    vectors = task.objective.embed(task.model.eval(), task.batches.batch(0).texts)
    assert vectors.norm(dim=1).tolist() == pytest.approx([1.0] * len(vectors), abs=1e-5)
    assert task.corpus_lines()[-1] == "learned: the cosine of a pair is to be its score, 0 to 9"
    assert (task.begun.config.pooling, task.begun.config.normalize) == ("mean", True)


def test_the_validation_loss_is_that_of_the_pairs(encoder_task, toy_file, tmp_path):
    names = {"data": str(tmp_path), "corpus.train": toy_file("embedding").name}
    task = encoder_task("embedding", names | {"corpus.valid": names["corpus.train"]})
    task.model.eval()
    batches = [task.batches.batch(position) for position in range(task.batches.per_epoch)]
    with torch.no_grad():
        summed = sum(task.loss(batch, 0.0).plain.item() for batch in batches)
    assert task.try_model().loss == pytest.approx(summed / 60, rel=1e-4)


def test_ranking_learns_from_pairs_that_belong_together(encoder_task):
    """Those of six words or more."""
    task = encoder_task("embedding", {"embedding.loss": "ranking"})
    pairs = task.objective.corpus.parts.train
    assert 2 <= len(pairs) < 57
    assert all(len(text.split()) >= 6 for text in pairs.texts)
    verdict = task.try_model()
    assert verdict.loss >= 0
    assert task.unit == "nats a pair"


def test_ranking_needs_no_scores(encoder_task):
    without = {"embedding.loss": "ranking", "corpus.label": None}
    task = encoder_task("embedding", without | {"validation.metric": "loss"})
    assert len(task.objective.corpus.parts.train) == 57
    assert set(task.objective.corpus.parts.train.labels) == {1.0}
    assert task.try_model().scores == {"spearman": 0.0, "pearson": 0.0}


def test_ranking_without_pairs_that_belong_together_is_told(encoder_task):
    with pytest.raises(InputError) as error:
        encoder_task("embedding", {"embedding.loss": "ranking", "embedding.positive": 8.5})
    assert str(error.value) == (
        "ranking needs at least 2 pairs that belong together, but 0 of 57 score 8.5 or more; "
        "lower embedding.positive"
    )


def test_a_score_out_of_range_is_named(encoder_task, tmp_path):
    (tmp_path / "bad.tsv").write_text("one\ttwo\t3\nred\tgreen\t9.5\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        encoder_task("embedding", {"data": str(tmp_path / "bad.tsv")})
    assert str(error.value) == (
        "a score must be between embedding.lowest (0) and embedding.highest (9), but line 2 of "
        f"{tmp_path / 'bad.tsv'} has 9.5"
    )


def test_the_pooler_that_nothing_is_read_off_stays_as_it_is(encoder_task, go_encoder, tmp_path):
    """A classifier has one; what goes on from it to make vectors keeps it and learns nothing of it."""
    go_encoder("classification", folder="before")
    task = encoder_task("embedding", {"init": str(tmp_path / "before")})
    assert not any(parameter.requires_grad for parameter in task.model.bert.pooler.parameters())
    assert encoder_task("embedding", folder="none").model.bert.pooler is None
