"""Labels and numbers of texts and pairs, against logits by hand."""

import pytest
import torch

from manyheads.batches.labelled import pack_texts
from manyheads.errors import InputError
from manyheads.inference.classify import Classifier

TEXTS = ["a dog runs", "one man", "the dog sees a man in the park", "two men"]
PAIRS = ["one man", "the park", "a", "a dog"]
LABELS = ("low", "middle", "high")


def logits(classifier, text, pair=None):
    tokens = classifier.tokenizer.encode([text], None if pair is None else [pair])
    with torch.inference_mode():
        return classifier.model(pack_texts(tokens))[0]


@pytest.fixture
def classifier(make_runner):
    return Classifier(make_runner("classification", labels=LABELS))


@pytest.mark.parametrize("batch_tokens", [1, 4096])
@pytest.mark.parametrize("pairs", [None, PAIRS])
def test_the_likeliest_label_is_given_with_the_probabilities_of_all(classifier, pairs, batch_tokens):
    found = classifier.classify(TEXTS, pairs, batch_tokens=batch_tokens)
    for each, text, pair in zip(found, TEXTS, pairs or [None] * 4, strict=True):
        expected = torch.softmax(logits(classifier, text, pair), dim=-1).tolist()
        assert list(each.probabilities) == list(LABELS)
        assert list(each.probabilities.values()) == pytest.approx(expected, abs=1e-5)
        assert each.label == LABELS[expected.index(max(expected))]
        assert (each.labels, each.number, each.truncated) == ((each.label,), None, False)


def test_the_second_text_has_its_own_segment(classifier):
    """The same two texts the other way round are another pair."""
    one, other = classifier.classify(["one man", "a dog"], ["a dog", "one man"])
    assert list(one.probabilities.values()) != pytest.approx(list(other.probabilities.values()), abs=1e-3)


def test_of_several_labels_each_counts_by_itself(make_runner):
    """Logits are the biases alone: sigmoid(2) = 0.881, sigmoid(-1) = 0.269, sigmoid(0.5) = 0.622."""
    classifier = Classifier(make_runner("classification", labels=LABELS, several_labels=True))
    with torch.no_grad():
        classifier.model.head.output.weight.zero_()
        classifier.model.head.output.bias.copy_(torch.tensor([0.5, -1.0, 2.0]))
    (found,) = classifier.classify(["a dog"])
    assert (found.label, found.labels) == ("high", ("high", "low"))
    assert list(found.probabilities.values()) == pytest.approx([0.622, 0.269, 0.881], abs=1e-3)
    with torch.no_grad():
        classifier.model.head.output.bias.fill_(-1.0)
    (none,) = classifier.classify(["a dog"])
    assert (none.label, none.labels) == (None, ())


def test_a_regression_gives_its_number_as_it_is(make_runner):
    classifier = Classifier(make_runner("regression"))
    for each, text, pair in zip(classifier.classify(TEXTS, PAIRS), TEXTS, PAIRS, strict=True):
        assert each.number == pytest.approx(logits(classifier, text, pair).item(), abs=1e-4)
        assert (each.label, each.labels, dict(each.probabilities)) == (None, (), {})


def test_a_long_text_is_cut_and_says_so_or_averaged_over_its_windows(make_runner):
    """Windows of 7 and 5 tokens, counted so."""
    classifier = Classifier(make_runner("classification", labels=LABELS, max_tokens=7))
    (cut,) = classifier.classify(TEXTS[2:3])
    first, second = classifier.classify(["the dog sees a man", "in the park"])
    assert cut.truncated
    assert cut.probabilities == pytest.approx(first.probabilities, abs=1e-5)
    (split,) = classifier.classify(TEXTS[2:3], long="split")
    assert not split.truncated
    for label in LABELS:
        expected = (7 * first.probabilities[label] + 5 * second.probabilities[label]) / 12
        assert split.probabilities[label] == pytest.approx(expected, abs=1e-5)


def test_half_a_pair_is_refused(classifier):
    with pytest.raises(InputError, match="pair 2 lacks the second one"):
        classifier.classify(["a", "b"], ["c", " "])
    with pytest.raises(InputError, match="there are 2 first and 1 second ones"):
        classifier.classify(["a", "b"], ["c"])


def test_no_texts_have_no_labels(classifier):
    assert classifier.classify([]) == classifier.classify([], []) == []
