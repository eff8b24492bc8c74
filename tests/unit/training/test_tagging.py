"""Tags of words: told at the first piece, whatever a tokenizer makes of a word."""

import numpy as np
import pytest
import torch

from manyheads.batches.labelled_batches import LabelledBatch
from manyheads.errors import InputError
from manyheads.text.labelled import TaggedSentence
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.text.text_tokens import TextTokens
from manyheads.training.tagging import first_pieces, tag_rows

SENTENCE = TaggedSentence(("Ann", "saw", "#Rome"), ("B-person", "O", "B-place"), 1)


def test_a_tag_stands_at_the_first_piece_of_its_word():
    """`Ann saw #Rome`: characters 0-3, 4-7, 8-13. Pieces An n saw # Rome, special tokens around."""
    offsets = [(0, 0), (0, 2), (2, 3), (4, 7), (8, 9), (9, 13), (0, 0)]
    sides = [None, 0, 0, 0, 0, 0, None]
    tokens = TextTokens([0] * 7, [0] * 7, offsets, [None] * 7, sides, truncated=False)
    assert first_pieces(tokens, SENTENCE.words) == [-1, 0, -1, 1, 2, -1, -1]


def test_a_piece_may_begin_with_the_space_before_its_word():
    offsets, sides = [(0, 3), (3, 7), (7, 13)], [0, 0, 0]
    tokens = TextTokens([0] * 3, [0] * 3, offsets, [None] * 3, sides, truncated=False)
    assert first_pieces(tokens, SENTENCE.words) == [0, 1, 2]


@pytest.mark.parametrize("kind", ["wordpiece", "bpe", "unigram"])
def test_every_word_has_one_first_piece_with_any_tokenizer(kind):
    words = ("Ann's", "näïve", "#Rome", "...", "two-and-forty", "x")
    text = " ".join(words)
    tokenizer = TextTokenizer.train([text] * 9, kind=kind, vocab_size=300)
    pieces = first_pieces(tokenizer.encode([text])[0], words)
    assert [number for number in pieces if number >= 0] == [0, 1, 2, 3, 4, 5]


def test_tags_become_rows_of_the_head():
    words = np.array([-1, 0, 1, 2, -1, -1, 0, -1])
    sentences = [SENTENCE, TaggedSentence(("Bob",), ("B-person",), 5)]
    rows = tag_rows(sentences, np.array([5, 3]), words, ("B-person", "B-place", "O"))
    assert rows.tolist() == [-1, 0, 2, 1, -1, -1, 0, -1]


def test_a_task_says_its_sentences_and_tags(encoder_task):
    task = encoder_task("tagging", {"labels.class_weights": "balanced"})
    assert task.corpus_lines()[0].startswith("train: 57 sentences, ")
    assert task.corpus_lines()[2].startswith("tags: B-q (57), O (")
    assert (task.begun.config.labels, task.begun.config.model.pooler) == (("B-q", "O"), "none")
    assert task.objective.weights.shape == (2,)


def test_the_loss_counts_each_word_once(encoder_task):
    """As many labels as words, whatever their pieces; the logits are those of the first pieces."""
    task = encoder_task("tagging")
    batch = task.batches.batch(0)
    with torch.no_grad():
        logits = task.model.eval()(batch.texts)[batch.places]
        loss = task.loss(batch, 0.0).plain.item()
    by_hand = -logits.log_softmax(dim=1)[range(len(batch.labels)), batch.labels].sum().item()
    assert loss == pytest.approx(by_hand, rel=1e-5)
    total = sum(len(task.batches.batch(position).labels) for position in range(task.batches.per_epoch))
    assert total == sum(len(sentence.words) for sentence in task.objective.corpus.parts.train.labels)


def test_what_was_cut_off_is_said_to_be_outside(encoder_task):
    """Three tokens a sentence: the frame and one piece, so all words but the first are O."""
    task = encoder_task("tagging", {"corpus.max_tokens": 4})
    verdict = task.try_model()
    words = task.objective.corpus.parts.valid.labels[0].words
    said = dict(verdict.sample)["model"].split()
    assert len(said) == len(words)
    assert said[2:] == ["O"] * (len(words) - 2)
    assert "of them cut to 4 tokens" in task.corpus_lines()[0]


def test_a_tag_that_was_not_learned_is_named(encoder_task, toy_file, tmp_path):
    train = toy_file("tagging")
    (tmp_path / "dev.conll").write_text("red\tO\n\nAnn\tB-person\n\n", encoding="utf-8")
    changes = {"data": str(tmp_path), "corpus.train": train.name, "corpus.valid": "dev.conll"}
    with pytest.raises(InputError) as error:
        encoder_task("tagging", changes)
    assert str(error.value) == (
        "a tag must be one of those learned from ('B-q', 'O'), but the sentence at line 3 of "
        f"{tmp_path / 'dev.conll'} has 'B-person' for 'Ann'"
    )


def test_tags_need_places_and_a_head(encoder_task):
    task = encoder_task("tagging")
    batch = task.batches.batch(0)
    with pytest.raises(ValueError, match="told by a head at places, but the model or the batch has none"):
        task.loss(LabelledBatch(batch.texts, batch.labels), 0.0)
