"""Laws of masked-language training, for any text and every kind of vocabulary.

Where chance is judged, the odds of a false alarm are below one in a thousand million an example.
"""

from functools import cache
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from manyheads.batches.documents import cut_documents, draw_pairs, pairable
from manyheads.batches.masked import NO_WORD, Masking, mask_tokens
from manyheads.batches.masked_documents import plan_reading
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.text.token_documents import TokenDocuments

pytestmark = pytest.mark.property
ODDS = 1e-9
KINDS = ["wordpiece", "bpe", "unigram", "sentencepiece"]
CORPUS = ["a dog runs in the park", "two dogs ran, over 3.14 Straßen!", "日本語。", "don't unrun"] * 20
words = st.sampled_from(
    ["dog", "dogs", "unrunning", "3.14", "Straßen,", "日本語", "a", "😀", "Ünparkable", "(ran)"]
)
texts = st.lists(words, max_size=30).map(" ".join) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=20
)
seeds = st.integers(0, 2**32)


@cache
def tokenizer(kind):
    if kind != "sentencepiece":
        return TextTokenizer.train(CORPUS, kind=kind, vocab_size=120 if kind == "wordpiece" else 300)
    inner = Tokenizer(models.Unigram())
    inner.pre_tokenizer = pre_tokenizers.Metaspace()
    inner.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    inner.train_from_iterator(
        CORPUS,
        trainers.UnigramTrainer(
            vocab_size=90, special_tokens=special, unk_token=special[3], show_progress=False
        ),
    )
    inner.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=False, add_prefix_space=False
    )
    return TextTokenizer(inner)


def packed(kind, rows):
    """Give ids, words and lengths of texts; special tokens and words that are partly unknown are none."""
    encoded = tokenizer(kind).encode(rows)
    special = tokenizer(kind).special_ids
    numbers = []
    for tokens in encoded:
        pairs = list(zip(tokens.token_ids, tokens.word_ids, strict=True))
        never = {None} | {word for token, word in pairs if token in special}
        numbers += [NO_WORD if word in never else word for word in tokens.word_ids]
    ids = np.array([token for tokens in encoded for token in tokens.token_ids])
    return ids, np.array(numbers), np.array([len(tokens) for tokens in encoded])


def masking(kind, **changes):
    plan = plan_reading(tokenizer(kind), next_sentence=False, **({"whole_words": True} | changes))
    return plan.masking


def apart(lengths, *arrays):
    cuts = np.cumsum(lengths)[:-1]
    return zip(*(np.split(array, cuts) for array in arrays), strict=True)


@given(st.sampled_from(KINDS), st.lists(texts, min_size=1, max_size=5), seeds, st.booleans())
def test_whole_words_are_hidden_whole_and_nothing_else_is(kind, rows, seed, whole):
    """A sequence's share is kept to within its longest word, and every one with words gets a label."""
    ids, numbers, lengths = packed(kind, rows)
    how = masking(kind, whole_words=whole)
    read, positions, labels = mask_tokens(ids, numbers, lengths, np.random.default_rng(seed), masking=how)
    hidden = np.zeros(len(ids), bool)
    hidden[positions] = True

    assert (ids[positions] == labels).all()
    assert (read[~hidden] == ids[~hidden]).all()
    assert not hidden[numbers == NO_WORD].any()
    for own, taken in apart(lengths, numbers, hidden):
        sizes = (
            [int((own == word).sum()) for word in set(own.tolist()) - {NO_WORD}]
            if whole
            else [1] * sum(own >= 0)
        )
        if whole:
            assert all(taken[own == word].all() or not taken[own == word].any() for word in set(own.tolist()))
        assert taken.sum() >= min(1, len(sizes))
        assert abs(taken.sum() - 0.15 * sum(sizes)) < max(sizes, default=0) + 1e-9 or not sizes


@settings(max_examples=20)
@given(st.sampled_from(KINDS), st.lists(words, min_size=20, max_size=60), seeds, st.booleans())
def test_fifteen_percent_are_hidden_on_average(kind, row, seed, whole):
    """Each of 200 copies has 0.15 of its tokens on average, and differs by less than its longest word.

    Hoeffding: n numbers within a range of 2 longest words leave their mean by more than t with odds below
    2 exp(-2 n t^2 / range^2). Copies are made so long that the first word taken is not the last.
    """
    copies = 200
    ids, numbers, lengths = packed(kind, [" ".join(row * 8)])
    maskable = int((numbers != NO_WORD).sum())
    longest = int(np.bincount(numbers[numbers != NO_WORD]).max()) if whole else 1
    assert 0.15 * maskable > longest
    all_ids, all_numbers = np.tile(ids, copies), np.tile(numbers, copies)
    _, positions, _ = mask_tokens(
        all_ids,
        all_numbers,
        np.tile(lengths, copies),
        np.random.default_rng(seed),
        masking=masking(kind, whole_words=whole),
    )
    allowed = 2 * longest * sqrt(log(2 / ODDS) / (2 * copies))

    assert abs(len(positions) / copies - 0.15 * maskable) < allowed


@settings(max_examples=20)
@given(st.sampled_from(KINDS), seeds, st.booleans(), st.sampled_from([(0.8, 0.1), (0.5, 0.5), (0.0, 0.3)]))
def test_of_the_hidden_so_many_are_masks_so_many_random_and_the_rest_as_they_were(kind, seed, whole, shares):
    """Exact binomial tests; what is drawn at random is by chance what stood there, once in the vocabulary."""
    mask_share, random_share = shares
    (ids, numbers, lengths), copies = packed(kind, ["two dogs ran over in the park"]), 800
    ids, numbers, lengths = np.tile(ids, copies), np.tile(numbers, copies), np.tile(lengths, copies)
    plain = masking(kind, whole_words=whole)
    how = Masking(plain.mask_id, plain.drawable, 0.5, mask_share, random_share, whole)
    read, positions, labels = mask_tokens(ids, numbers, lengths, np.random.default_rng(seed), masking=how)
    found, hidden = read[positions], len(positions)
    same = 1 - mask_share - random_share + random_share / len(how.drawable)

    assert hidden > 2000
    assert binomtest(int((found == how.mask_id).sum()), hidden, mask_share).pvalue > ODDS
    assert binomtest(int((found == labels).sum()), hidden, min(same, 1)).pvalue > ODDS
    others = found[(found != labels) & (found != how.mask_id)]
    assert np.isin(others, how.drawable).all()
    assert not np.isin(found[found != how.mask_id], sorted(tokenizer(kind).special_ids)).any()


@settings(max_examples=20)
@given(
    st.lists(
        st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=6), min_size=1, max_size=6),
        min_size=2,
        max_size=8,
    ),
    st.integers(2, 20),
    seeds,
)
def test_next_sentence_pairs_are_half_real(shape, room, seed):
    """Documents of sentences of words of so many tokens; 100 epochs, each a fair coin for every pair."""
    flat = [words for document in [*shape, [[1, 1]]] for words in document]
    begins = np.array([part == 0 for sentence in flat for word in sentence for part in range(word)])
    documents = TokenDocuments(
        np.arange(len(begins), dtype=np.int32),
        begins,
        np.cumsum([0, *map(sum, flat)]).astype(np.int64),
        np.cumsum([0, *map(len, shape), 1]).astype(np.int64),
    )
    stretches = pairable(documents, cut_documents(documents, room=room))
    real = drawn = 0
    for epoch in range(100):
        pairs = draw_pairs(documents, stretches, np.random.default_rng((seed, epoch)))
        real, drawn = real + int(pairs.follows.sum()), drawn + len(stretches)
        own, other = (
            np.searchsorted(documents.starts, side.starts, side="right")
            for side in (pairs.first, pairs.second)
        )
        ends = np.searchsorted(documents.starts, pairs.second.ends, side="left")
        assert ((own == other) == pairs.follows).all()
        assert (ends == other).all()
        assert (pairs.second.starts == pairs.first.ends)[pairs.follows].all()
        assert (pairs.first.lengths > 0).all()
        assert (pairs.second.lengths > 0).all()
        assert (pairs.first.lengths + pairs.second.lengths <= stretches.lengths).all()
        assert documents.begins_word[pairs.second.starts].all()

    assert binomtest(real, drawn, 0.5).pvalue > ODDS


@given(
    st.lists(
        st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=4), min_size=1, max_size=4), min_size=1
    ),
    st.integers(1, 15),
)
def test_stretches_are_the_corpus_and_cross_no_document(shape, room):
    flat = [words for document in shape for words in document]
    begins = np.array([part == 0 for sentence in flat for word in sentence for part in range(word)])
    documents = TokenDocuments(
        np.arange(len(begins), dtype=np.int32),
        begins,
        np.cumsum([0, *map(sum, flat)]).astype(np.int64),
        np.cumsum([0, *map(len, shape)]).astype(np.int64),
    )
    found = cut_documents(documents, room=room)

    assert found.starts.tolist() == [0, *found.ends.tolist()[:-1]]
    assert found.ends[-1] == len(begins)
    assert set(documents.starts.tolist()) <= {0, *found.ends.tolist()}
    assert 1 <= found.lengths.min() <= found.lengths.max() <= room
    torn = found.starts[~documents.begins_word[found.starts]]
    longest = max(word for sentence in flat for word in sentence)
    assert not len(torn) or longest > room
