"""Which tokens are hidden, and what becomes of them."""

import numpy as np
import pytest
import torch

from manyheads.batches.masked import NO_WORD, MaskedBatch, Masking, draw_masked, mask_tokens
from manyheads.batches.packed import Lengths, Packed

MASK = 4


def masking(**changes):
    return Masking(**({"mask_id": MASK, "drawable": np.arange(50, 60)} | changes))


def draw(words, lengths, *, share, seed=1):
    rng = np.random.default_rng(seed)
    return draw_masked(np.array(words), np.array(lengths), rng, share=share)


def test_special_tokens_are_never_drawn():
    """All that may be drawn is, and the -1 are not."""
    assert draw([-1, 0, 0, 1, -1, -1, 2, -1], [5, 3], share=1.0).tolist() == [
        False,
        True,
        True,
        True,
        False,
        False,
        True,
        False,
    ]


def test_words_are_drawn_whole():
    """Three words of 3 tokens: a third of 9 tokens is exactly one of them."""
    for seed in range(20):
        drawn = draw([0, 0, 0, 1, 1, 1, 2, 2, 2], [9], share=1 / 3, seed=seed).reshape(3, 3)
        assert sorted(drawn.sum(axis=1).tolist()) == [0, 0, 3]


def test_words_of_neighbouring_sequences_are_two_even_under_one_number():
    """Half of two words is one of them in either sequence; were the 1s one word, it might be both."""
    for seed in range(20):
        assert draw([0, 1, 1, 0], [2, 2], share=0.5, seed=seed).reshape(2, 2).sum(axis=1).tolist() == [1, 1]


def test_each_sequence_with_words_has_something_to_guess():
    """A share of nothing still takes one word a sequence; the second has only special tokens."""
    lengths = [4, 2, 3]
    drawn = draw([-1, 0, 1, -1, -1, -1, 0, 1, 2], lengths, share=0.0)
    counts = [part.sum() for part in np.split(drawn, np.cumsum(lengths)[:-1])]
    assert counts == [1, 0, 1]


def test_no_sequences_have_nothing_to_guess():
    assert draw(np.zeros(0, np.int64), np.zeros(0, np.int64), share=0.15).tolist() == []


def test_a_word_on_the_border_is_taken_as_often_as_it_lies_inside():
    """20 single tokens at 0.15 are 3 exactly; 25 are 3.75: 3 or 4, and 4 in three of four."""
    assert {int(draw(np.arange(20), [20], share=0.15, seed=seed).sum()) for seed in range(50)} == {3}
    counts = [int(draw(np.arange(25), [25], share=0.15, seed=seed).sum()) for seed in range(400)]
    assert set(counts) == {3, 4}
    assert abs(sum(counts) / 400 - 3.75) < 4 * (0.75 * 0.25 / 400) ** 0.5


def test_labels_are_what_stood_there():
    ids = np.arange(100, 140)
    before = ids.copy()
    read, positions, labels = mask_tokens(
        ids, np.arange(40), np.array([17, 23]), np.random.default_rng(1), masking=masking(share=0.5)
    )

    assert (ids == before).all()
    assert positions.tolist() == sorted(set(positions.tolist()))
    assert labels.tolist() == ids[positions].tolist()
    untouched = np.setdiff1d(np.arange(40), positions)
    assert (read[untouched] == ids[untouched]).all()


@pytest.mark.parametrize(
    ("mask_share", "random_share", "allowed"),
    [(1.0, 0.0, [MASK]), (0.0, 1.0, [50, 51, 52]), (0.0, 0.0, [7])],
)
def test_what_is_hidden_becomes_what_it_should(mask_share, random_share, allowed):
    how = masking(share=1.0, mask_share=mask_share, random_share=random_share, drawable=np.arange(50, 53))
    ids = np.full(90, 7)
    read, _, labels = mask_tokens(ids, np.arange(90), np.array([90]), np.random.default_rng(1), masking=how)

    assert sorted(set(read.tolist())) == allowed
    assert set(labels.tolist()) == {7}


def test_tokens_of_a_word_are_drawn_one_by_one_unless_words_are_to_be_whole():
    """One word of 40 tokens: whole, all of it is hidden; else 6 of them."""
    ids, words, lengths = np.arange(100, 140), np.zeros(40, np.int64), np.array([40])
    counts = [
        len(mask_tokens(ids, words, lengths, np.random.default_rng(1), masking=masking(whole_words=whole))[1])
        for whole in (True, False)
    ]
    assert counts == [40, 6]
    assert NO_WORD == -1


def test_chance_is_the_generators_alone():
    ids, words, lengths = np.arange(100, 171), np.arange(71) // 2, np.array([30, 41])
    one, other, third = (
        mask_tokens(ids, words, lengths, np.random.default_rng(seed), masking=masking(whole_words=True))
        for seed in (5, 5, 6)
    )
    assert all((a == b).all() for a, b in zip(one, other, strict=True))
    assert one[1].tolist() != third[1].tolist()


def test_a_batch_goes_to_a_device_whole():
    packed = Packed(torch.tensor([2, 4, 3]), Lengths((3,)), torch.tensor([0, 0, 1]))
    batch = MaskedBatch(packed, torch.tensor([1]), torch.tensor([9]), torch.tensor([1]))
    moved = batch.to(torch.device("meta"))

    assert batch.tokens == 3
    tensors = (
        moved.packed.token_ids,
        moved.packed.segment_ids,
        moved.positions,
        moved.labels,
        moved.next_sentence,
    )
    assert {tensor.device.type for tensor in tensors} == {"meta"}
    assert MaskedBatch(packed, batch.positions, batch.labels).to(torch.device("cpu")).next_sentence is None
