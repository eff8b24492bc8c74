"""Batches for masked-language training: what stands where, and that a run can go on anywhere."""

import numpy as np
import pytest
import tokenizers
from tokenizers import models

from manyheads.batches.masked import Masking
from manyheads.batches.masked_documents import MaskedBatches, Reading, plan_reading
from manyheads.errors import InputError
from manyheads.text.documents import DocumentChunk
from manyheads.text.frame import Slot
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.text.token_documents import TokenDocuments, write_token_documents

CLS, SEP, MASK = 0, 1, 2
SINGLE = (Slot(CLS, None, 0), Slot(None, 0, 0), Slot(SEP, None, 0))
PAIR = (*SINGLE, Slot(None, 1, 1), Slot(SEP, None, 1))
WORDS = ["dog", "two", "park", "runs", "man"]


def reading(frame=SINGLE, **changes):
    return Reading(frame, np.array([CLS, SEP, MASK, 3]), Masking(MASK, np.arange(4, 9), **changes))


def corpus(documents=13):
    """Make documents of 5 sentences of 3, 5, 2, 7 and 4 one-token words.

    Ids are places in the corpus + 10; each 11th is unknown (3).
    """
    ends = np.cumsum([0, *[3, 5, 2, 7, 4] * documents])
    ids = np.arange(10, 10 + ends[-1])
    ids[::11] = 3
    return TokenDocuments(
        ids.astype(np.int32), np.ones(len(ids), bool), ends, np.arange(0, documents * 5 + 1, 5)
    )


def unmasked(batch):
    """Put the labels back where they stood."""
    ids = batch.packed.token_ids.clone()
    ids[batch.positions] = batch.labels
    return [
        ids[a:b].tolist()
        for a, b in zip(batch.packed.lengths.starts, batch.packed.lengths.starts[1:], strict=False)
    ]


def test_an_epoch_reads_every_token_once():
    batches = MaskedBatches(corpus(), reading(), max_tokens=11, budget=40, seed=5)
    rows = [row for position in range(batches.per_epoch) for row in unmasked(batches.batch(position))]

    assert all(row[0] == CLS and row[-1] == SEP and len(row) <= 11 for row in rows)
    assert sorted(token for row in rows for token in row[1:-1]) == sorted(corpus().token_ids.tolist())
    assert len(rows) == batches.sequences
    assert all(batches.batch(position).tokens <= 40 for position in range(batches.per_epoch))


def test_every_epoch_hides_other_tokens():
    batches = MaskedBatches(corpus(), reading(), max_tokens=22, budget=10_000, seed=5)
    labels = [set(batches.batch(epoch).labels.tolist()) for epoch in range(12)]

    assert batches.per_epoch == 1
    assert labels[0] != labels[1]
    assert len(set.union(*labels)) > 3 * len(labels[0])


def test_special_and_unknown_tokens_are_never_hidden():
    """All that may be is to be guessed: 9 of 10 tokens, none of them 0, 1 or 3."""
    batches = MaskedBatches(corpus(), reading(share=1.0), max_tokens=11, budget=10_000, seed=5)
    batch = batches.batch(0)

    assert sorted(batch.labels.tolist()) == [
        token for token in sorted(corpus().token_ids.tolist()) if token > 3
    ]
    assert batch.next_sentence is None
    assert batch.packed.segment_ids is None


def test_a_word_that_is_partly_unknown_is_never_hidden():
    """One document of words of 2 tokens, one unknown: 10 3 | 12 13 | 14 15."""
    begins = np.array([True, False] * 3)
    documents = TokenDocuments(
        np.array([10, 3, 12, 13, 14, 15], np.int32), begins, np.array([0, 6]), np.array([0, 1])
    )
    batches = MaskedBatches(documents, reading(share=1.0, whole_words=True), max_tokens=11, budget=40, seed=5)
    assert batches.batch(0).labels.tolist() == [12, 13, 14, 15]


@pytest.mark.parametrize("frame", [SINGLE, PAIR])
def test_a_batch_is_a_function_of_seed_and_position(frame):
    def make(seed):
        return MaskedBatches(corpus(), reading(frame), max_tokens=17, budget=60, seed=seed)

    one, other, third = make(5), make(5), make(6)
    for position in (9, 0, 2 * one.per_epoch + 1):
        a, b = one.batch(position), other.batch(position)
        assert a.packed.token_ids.tolist() == b.packed.token_ids.tolist()
        assert a.labels.tolist() == b.labels.tolist()
    assert one.batch(1).labels.tolist() != third.batch(1).labels.tolist()


def test_pairs_stand_in_their_frame():
    """`[CLS] A [SEP] B [SEP]`; ids are places, so where B follows it goes on where A ended."""
    batches = MaskedBatches(corpus(), reading(PAIR, share=0.0), max_tokens=23, budget=90, seed=5)
    whole = corpus().token_ids.tolist()
    seen = []
    for position in range(batches.per_epoch):
        batch = batches.batch(position)
        lengths = batch.packed.lengths.values
        assert list(lengths) == sorted(lengths)
        segments = np.split(batch.packed.segment_ids.numpy(), np.cumsum(lengths)[:-1])
        for row, segment, follows in zip(
            unmasked(batch), segments, batch.next_sentence.tolist(), strict=True
        ):
            border = row.index(SEP)
            first, second = row[1:border], row[border + 1 : -1]
            assert row[0] == CLS
            assert row[-1] == SEP
            assert row.count(SEP) == 2
            assert segment.tolist() == [0] * (border + 1) + [1] * (len(second) + 1)
            joined = first + second
            found = any(whole[at : at + len(joined)] == joined for at in range(len(whole)))
            assert found == bool(follows)
            seen.append(follows)
    assert len(seen) == batches.sequences
    assert set(seen) == {0, 1}


def test_every_epoch_has_as_many_batches_and_other_pairs():
    batches = MaskedBatches(corpus(), reading(PAIR), max_tokens=23, budget=10_000, seed=5)

    assert batches.per_epoch == 1
    assert len({tuple(batches.batch(epoch).next_sentence.tolist()) for epoch in range(5)}) == 5


@pytest.mark.parametrize(("frame", "least"), [(SINGLE, 3), (PAIR, 5)])
def test_sequences_need_room(frame, least):
    with pytest.raises(InputError, match=rf"room for {least} tokens at least, got max_tokens {least - 1}"):
        MaskedBatches(corpus(), reading(frame), max_tokens=least - 1, budget=40, seed=5)
    MaskedBatches(corpus(), reading(frame), max_tokens=least, budget=40, seed=5)


def test_a_tokenizer_says_how_texts_are_read(tmp_path):
    """Ids 0 to 4 are special; all others may be drawn. Words and frame go all the way from text to batch."""
    tokenizer = TextTokenizer.train([" ".join(WORDS)] * 9, kind="bpe", vocab_size=280)
    plan = plan_reading(tokenizer, next_sentence=True, whole_words=True, share=0.3)
    chunk = DocumentChunk([" ".join(WORDS), "two dog", "man runs", "the park"], [True, False, True, False])
    documents = write_token_documents([chunk], tokenizer, tmp_path)
    batch = MaskedBatches(documents, plan, max_tokens=61, budget=200, seed=5).batch(0)

    assert plan.special_ids.tolist() == [0, 1, 2, 3, 4]
    assert plan.masking.drawable.tolist() == list(range(5, tokenizer.vocab_size))
    assert (plan.masking.mask_id, plan.masking.share, plan.masking.whole_words) == (4, 0.3, True)
    assert (plan.pairs, plan.added) == (True, 3)
    assert all(row[0] == 2 and row.count(3) == 2 for row in unmasked(batch))
    assert plan_reading(tokenizer, next_sentence=False, whole_words=False).frame == tokenizer.frame(
        pair=False
    )


def test_a_vocabulary_without_a_mask_is_refused():
    inner = tokenizers.Tokenizer(models.WordLevel({"a": 0}, unk_token="a"))  # noqa: S106
    with pytest.raises(InputError, match="needs a mask token, but this vocabulary has none"):
        plan_reading(TextTokenizer(inner), next_sentence=False, whole_words=True)
