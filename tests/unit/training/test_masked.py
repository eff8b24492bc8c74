"""Hidden words: what is learned from documents, the loss at the masks, and next sentences."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from manyheads.training.masked import follows, masked_head


def test_documents_are_held_out_whole(encoder_task):
    """15 documents of four lines; a fifth of them is held out."""
    task = encoder_task("masked", {"corpus.valid_share": 0.2})
    lines = task.corpus_lines()
    assert lines[0].startswith("train: 12 documents, ")
    assert lines[1].startswith("valid: 3 documents, ")
    assert lines[2] == "hidden: 15% of the tokens; 80% of them masked, 10% replaced at random"
    assert (task.metric, task.unit, task.begun.config.task) == ("loss", "nats a hidden token", "masked")


def test_an_untrained_model_knows_how_common_each_token_is_and_nothing_else(encoder_task):
    """The cross-entropy of the shares in the training part, one more counted of each token."""
    task = encoder_task("masked", {"corpus.valid_share": 0.2})
    corpus = task.objective.corpus
    shares = np.bincount(corpus.documents["train"].token_ids, minlength=task.begun.config.vocab_size) + 1
    shares = shares / shares.sum()
    tried = corpus.batches["valid"]
    labels = torch.cat([tried.batch(position).labels for position in range(tried.per_epoch)]).numpy()
    assert task.try_model().loss == pytest.approx(-np.log(shares[labels]).mean(), rel=0.05)
    assert task.try_model().loss < 0.9 * math.log(task.begun.config.vocab_size)
    assert set(task.try_model().scores) == {"masked_accuracy"}


def test_shares_are_counted_piece_by_piece(encoder_task, monkeypatch):
    whole = encoder_task("masked").model.head.output.bias
    monkeypatch.setattr("manyheads.training.masked._COUNTED_AT_ONCE", 7)
    torch.testing.assert_close(encoder_task("masked").model.head.output.bias, whole)
    assert whole.exp().sum().item() == pytest.approx(1, rel=1e-5)


def test_every_trial_hides_the_same_tokens(encoder_task):
    task = encoder_task("masked", {"corpus.valid_share": 0.2})
    assert task.try_model() == task.try_model()


def test_the_loss_is_that_of_the_hidden_tokens_alone(encoder_task):
    task = encoder_task("masked")
    batch = task.batches.batch(3)
    with torch.no_grad():
        logits = task.model.eval()(batch.packed)[batch.positions]
        loss = task.loss(batch, 0.0)
    by_hand = F.cross_entropy(logits, batch.labels, reduction="sum").item()
    assert loss.plain.item() == pytest.approx(by_hand, rel=1e-5)
    assert loss.smoothed.item() == pytest.approx(by_hand, rel=1e-5)


def test_next_sentences_are_learned_with_the_masks(encoder_task):
    """The sum over hidden tokens, and the mean over pairs as often as there are such tokens."""
    task = encoder_task("masked", {"masking.next_sentence": True, "corpus.valid_share": 0.2})
    assert task.begun.config.next_sentence
    batch = task.batches.batch(1)
    with torch.no_grad():
        loss = task.loss(batch, 0.0)
        pooled = task.model.bert.pool(task.model.bert(batch.packed), batch.packed.lengths)
        following = F.cross_entropy(task.model.next_sentence(pooled), 1 - batch.next_sentence).item()
    assert loss.smoothed.item() - loss.plain.item() == pytest.approx(following * len(batch.labels), rel=1e-3)
    assert set(task.try_model().scores) == {"masked_accuracy", "next_sentence_accuracy"}
    assert "with next sentences" in task.corpus_lines()


def test_berts_head_has_what_follows_in_its_first_row():
    assert follows(torch.tensor([1, 0])).tolist() == [0, 1]


def test_what_is_shown_are_masks_what_is_said_and_what_stood_there(encoder_task):
    spelt = {"tokenizer.kind": "wordpiece", "tokenizer.vocab_size": 60}
    hidden = {"corpus.valid_share": 0.2, "masking.mask": 1.0, "masking.random": 0.0}
    task = encoder_task("masked", spelt | hidden)
    sample = dict(task.try_model().sample)
    masks = sample["text"].split().count("[MASK]")
    assert masks == len(sample["model"].split()) == len(sample["right"].split()) > 0


def test_hidden_tokens_need_a_head_for_them(encoder_task):
    with pytest.raises(ValueError, match="told by a masked-language head, but there is LabelHead"):
        masked_head(encoder_task("classification").model)


def test_a_corpus_in_columns_is_read_by_its_column(encoder_task, tmp_path):
    rows = "".join(f"{number}\tOne red. Two green.\n" for number in range(20))
    (tmp_path / "rows.tsv").write_text(rows, encoding="utf-8")
    changes = {"data": str(tmp_path / "rows.tsv"), "corpus.text": 1}
    assert encoder_task("masked", changes).corpus_lines()[0].startswith("train: 19 documents, ")
