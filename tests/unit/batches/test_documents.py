"""Documents cut to fit, and pairs of texts of which half belong together."""

import numpy as np
import pytest

from manyheads.batches.documents import Stretches, cut_documents, draw_pairs, pairable
from manyheads.errors import InputError
from manyheads.text.token_documents import TokenDocuments


def corpus(*documents):
    """Make documents of sentences of words of that many tokens; token ids are their places."""
    words = [words for document in documents for words in document]
    begins = [part == 0 for sentence in words for word in sentence for part in range(word)]
    sentences = np.cumsum([0, *(sum(sentence) for sentence in words)])
    return TokenDocuments(
        np.arange(len(begins), dtype=np.int32),
        np.array(begins, bool),
        sentences.astype(np.int64),
        np.cumsum([0, *map(len, documents)]).astype(np.int64),
    )


def spans(stretches):
    return list(zip(stretches.starts.tolist(), stretches.ends.tolist(), strict=True))


def pairs_of(documents, stretches, seeds):
    """Give (first, second, follows) of many draws."""
    for seed in range(seeds):
        drawn = draw_pairs(documents, stretches, np.random.default_rng(seed))
        yield from zip(spans(drawn.first), spans(drawn.second), drawn.follows.tolist(), strict=True)


def test_whole_sentences_of_one_document_are_taken_while_they_fit():
    """Sentences of 2, 3, 4 and 1 tokens, then a document of 5: 6 hold 2+3, then 4+1, and never the last 5."""
    documents = corpus([[2], [1, 2], [4], [1]], [[2, 3]])
    assert spans(cut_documents(documents, room=6)) == [(0, 5), (5, 10), (10, 15)]
    assert spans(cut_documents(documents, room=99)) == [(0, 10), (10, 15)]


def test_a_sentence_that_is_too_long_is_cut_between_words():
    """Words of 2, 1, 3 and 2 tokens: 4 hold 2+1, then 3, then 2 and the 2 of the next sentence."""
    assert spans(cut_documents(corpus([[2, 1, 3, 2], [1, 1]]), room=4)) == [(0, 3), (3, 6), (6, 10)]


def test_a_word_that_is_too_long_is_cut_anywhere():
    assert spans(cut_documents(corpus([[7, 1]]), room=3)) == [(0, 3), (3, 6), (6, 8)]


def test_a_pair_is_divided_between_sentences():
    """Sentences of 2, 3 and 4 tokens have borders at 2 and 5; both are drawn."""
    documents = corpus([[1, 1], [2, 1], [4]], [[1, 1]])
    stretches = Stretches(np.array([0]), np.array([9]))
    drawn = list(pairs_of(documents, stretches, 60))

    assert {first for first, _, _ in drawn} == {(0, 2), (0, 5)}
    assert {second for first, second, follows in drawn if follows and first == (0, 2)} == {(2, 9)}
    assert {second for first, second, follows in drawn if follows and first == (0, 5)} == {(5, 9)}


def test_a_single_sentence_is_divided_between_words():
    """Words of 2, 3 and 1 tokens begin at 2 and 5."""
    documents = corpus([[2, 3, 1]], [[1]])
    drawn = pairs_of(documents, Stretches(np.array([0]), np.array([6])), 60)
    assert {first for first, _, _ in drawn} == {(0, 2), (0, 5)}


def test_a_wrong_second_text_is_another_documents_and_no_longer():
    """The first of two documents has sentences of 2 and 3 tokens: 3 are to be replaced.

    From the other's sentences of 2, 1, 5 (words of 2, 2 and 1), 1 tokens, at 5, 7, 8, 13: 2+1, 1, 2 of the
    5 (4 would be too many), and 1.
    """
    documents = corpus([[2], [3]], [[2], [1], [2, 2, 1], [1]])
    drawn = pairs_of(documents, Stretches(np.array([0]), np.array([5])), 200)
    assert {second for _, second, follows in drawn if not follows} == {(5, 8), (7, 8), (8, 10), (13, 14)}


def test_any_other_document_may_give_a_wrong_text():
    """Of four documents of one sentence of two tokens, the third never takes from itself."""
    documents = corpus(*[[[1, 1]]] * 4)
    drawn = list(pairs_of(documents, Stretches(np.array([4]), np.array([6])), 100))
    assert {second for _, second, follows in drawn if not follows} == {(0, 1), (2, 3), (6, 7)}
    assert {second for _, second, follows in drawn if follows} == {(5, 6)}


def test_what_has_one_word_is_no_pair():
    documents = corpus([[3]], [[1, 1]], [[2]])
    kept = pairable(documents, Stretches(np.array([0, 3, 5]), np.array([3, 5, 7])))
    assert spans(kept) == [(3, 5)]
    assert kept.lengths.tolist() == [2]


def test_pairs_need_two_documents():
    documents = corpus([[1, 1], [2]])
    with pytest.raises(InputError, match="at least 2 documents, but there is 1; put a blank line"):
        pairable(documents, cut_documents(documents, room=9))


def test_pairs_need_words():
    documents = corpus([[3]], [[2]])
    with pytest.raises(InputError, match="a document of at least 2 words, but all have only one"):
        pairable(documents, cut_documents(documents, room=9))
