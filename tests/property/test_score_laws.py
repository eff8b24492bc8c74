"""Our counts against the reference implementations, on anything at all."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyheads.evaluation.classification import score_label_sets, score_labels
from manyheads.evaluation.similarity import correlate
from manyheads.evaluation.tagging import Entity, find_entities, score_tags

pytestmark = pytest.mark.property

HALVES = st.integers(-9, 9).map(lambda number: number / 2)
LABELS = ["bad", "good", "so-so"]
TAGS = ["O", "B-per", "I-per", "B-loc", "I-loc", "B-creative-work", "I-creative-work"]


@pytest.fixture(scope="module")
def seqeval():
    """Import seqeval, whose package asks for the system's encoding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from seqeval.metrics import sequence_labeling
    return sequence_labeling


@pytest.fixture(scope="module")
def sklearn():
    import sklearn.metrics

    return sklearn.metrics


def sentences_of(tags):
    """Draw tags of the same words twice."""
    pairs = st.lists(st.tuples(tags, tags), min_size=1, max_size=9)
    return st.lists(pairs, min_size=1, max_size=4)


@given(tags=st.lists(st.sampled_from(TAGS), max_size=13))
def test_entities_are_where_seqeval_finds_them(tags, seqeval):
    assert find_entities(tags) == [Entity(*entity) for entity in seqeval.get_entities(tags)]


@given(sentences=sentences_of(st.sampled_from(TAGS)))
def test_entities_are_scored_as_by_seqeval(sentences, seqeval):
    prfs = seqeval.precision_recall_fscore_support
    said, truth = ([[both[side] for both in pairs] for pairs in sentences] for side in (0, 1))
    ours = score_tags(said, truth)
    micro = prfs(truth, said, average="micro", zero_division=0)[:3]
    assert (ours.micro.precision, ours.micro.recall, ours.micro.f1) == pytest.approx(micro)
    assert ours.tag_accuracy == pytest.approx(seqeval.accuracy_score(truth, said))
    if ours.types:
        columns = prfs(truth, said, average=None, zero_division=0)
        rows = [(s.precision, s.recall, s.f1, s.support) for s in ours.types]
        assert rows == [pytest.approx(row) for row in zip(*columns, strict=True)]
        macro = prfs(truth, said, average="macro", zero_division=0)
        assert ours.macro_f1 == pytest.approx(macro[2])


@given(both=st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=29))
def test_labels_are_scored_as_by_scikit_learn(both, sklearn):
    said, truth = map(list, zip(*both, strict=True))
    ours = score_labels(said, truth, LABELS)
    assert ours.accuracy == pytest.approx(sklearn.accuracy_score(truth, said))
    assert ours.macro_f1 == pytest.approx(sklearn.f1_score(truth, said, average="macro", zero_division=0))
    assert ours.confusion == tuple(map(tuple, sklearn.confusion_matrix(truth, said, labels=LABELS).tolist()))
    there = [score.name for score in ours.classes]
    columns = sklearn.precision_recall_fscore_support(truth, said, labels=there, zero_division=0)
    rows = [(s.precision, s.recall, s.f1, s.support) for s in ours.classes]
    assert rows == [pytest.approx(row) for row in zip(*columns, strict=True)]


@given(
    both=st.lists(
        st.tuples(st.sets(st.sampled_from(LABELS)), st.sets(st.sampled_from(LABELS))), min_size=1, max_size=17
    )
)
def test_several_labels_are_scored_as_by_scikit_learn(both, sklearn):
    said, truth = map(list, zip(*both, strict=True))
    ours = score_label_sets(said, truth, LABELS)
    matrices = [[[label in row for label in LABELS] for row in rows] for rows in (truth, said)]
    assert ours.exact == pytest.approx(sklearn.accuracy_score(*matrices))
    there = [LABELS.index(score.name) for score in ours.classes]
    for average, f1 in (("micro", ours.micro.f1), ("macro", ours.macro_f1)):
        if there:
            theirs = sklearn.f1_score(*matrices, labels=there, average=average, zero_division=0)
            assert f1 == pytest.approx(theirs)


@given(
    both=st.lists(st.tuples(HALVES, HALVES), min_size=2, max_size=19).filter(
        lambda both: all(len(set(side)) > 1 for side in zip(*both, strict=True))
    )
)
def test_spearman_is_pearson_of_ranks(both):
    """The rank of a number is the mean of the places that it takes when all are sorted."""
    said, truth = map(list, zip(*both, strict=True))
    ranks = [
        [sum(other < one for other in side) + (side.count(one) + 1) / 2 for one in side]
        for side in (said, truth)
    ]
    assert correlate(said, truth).spearman == pytest.approx(correlate(*ranks).pearson)
