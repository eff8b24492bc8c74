"""Words labelled by their first piece, entities with their place in the text."""

import pytest
import torch

from manyheads.errors import InputError
from manyheads.inference.tag import Tagger

LABELS = ("O", "B-animal", "I-animal", "I-place")
SAYS = {
    "dog": "B-animal",
    "do": "I-animal",
    "runs": "I-animal",
    "##n": "I-place",
    "park": "I-place",
    "the": "O",
}


@pytest.fixture
def make_tagger(make_runner):
    """Make a tagger that says of each token what `SAYS` has, O of all others, with the same certainty.

    The states are one-hot vectors of what is to be said, so that the head need only pass them on.
    """

    def make(monkeypatch, **words):
        tagger = Tagger(make_runner("tagging", labels=LABELS, **words))
        said = [SAYS.get(tagger.tokenizer.token(token), "O") for token in range(tagger.tokenizer.vocab_size)]
        places = torch.tensor([LABELS.index(label) for label in said])
        one_hot = torch.nn.functional.one_hot(places, 12).float()
        monkeypatch.setattr(tagger.model.bert, "forward", lambda batch: one_hot[batch.token_ids])
        with torch.no_grad():
            tagger.model.head.output.weight.copy_(2 * torch.eye(4, 12))
            tagger.model.head.output.bias.zero_()
        return tagger

    return make


SURE = 0.7112
"""e^2 / (e^2 + 3): the softmax of 2, 0, 0, 0."""


@pytest.fixture
def tagger(make_tagger, monkeypatch):
    return make_tagger(monkeypatch)


def test_words_and_entities_stand_where_the_text_has_them(tagger):
    """`The` is O, `dog runs` B-animal I-animal, `park` an I- that begins: mended to B-."""
    text = "The  Dog runs, a PARK!"
    (found,) = tagger.tag([text])
    words = [(word.text, word.label) for word in found.words]
    assert words == [
        *[("The", "O"), ("Dog", "B-animal"), ("runs", "I-animal"), (",", "O"), ("a", "O")],
        *[("PARK", "B-place"), ("!", "O")],
    ]
    assert [(e.label, e.text, e.start, e.end) for e in found.entities] == [
        ("animal", "Dog runs", 5, 13),
        ("place", "PARK", 17, 21),
    ]
    assert all(text[word.start : word.end] == word.text for word in found.words)
    certain = [each.probability for each in (*found.words, *found.entities)]
    assert certain == pytest.approx([SURE] * 9, abs=1e-4)


def test_the_first_piece_of_a_word_decides(tagger):
    """`don` is do ##n: animal and place; the word is an animal, from its first letter to its last."""
    (found,) = tagger.tag(["a don"])
    assert [(word.text, word.label) for word in found.words] == [("a", "O"), ("don", "B-animal")]
    assert [(entity.text, entity.start, entity.end) for entity in found.entities] == [("don", 2, 5)]


@pytest.mark.parametrize("batch_tokens", [1, 4096])
def test_each_text_gets_its_own_words_in_order(tagger, batch_tokens):
    texts = ["a dog runs in the park", "dog", "the park", "one man"]
    together = tagger.tag(texts, batch_tokens=batch_tokens)
    assert together == [tagger.tag([text])[0] for text in texts]
    assert [len(found.words) for found in together] == [6, 1, 2, 2]
    assert [len(found.entities) for found in together] == [2, 1, 1, 0]


def test_given_words_keep_their_number_whatever_their_pieces(tagger):
    """`dog-runs` is one given word and three of the tokenizer's; its first piece decides."""
    (found,) = tagger.tag_words([["the", "dog-runs", "don", "park"]])
    assert found.text == "the dog-runs don park"
    assert [(word.text, word.label) for word in found.words] == [
        *[("the", "O"), ("dog-runs", "B-animal"), ("don", "I-animal"), ("park", "B-place")]
    ]
    assert [entity.text for entity in found.entities] == ["dog-runs don", "park"]
    assert all(found.text[word.start : word.end] == word.text for word in found.words)


def test_given_words_behind_the_limit_or_without_a_piece_are_outside(make_tagger, monkeypatch):
    """Three pieces fit; a lone control character has none."""
    tagger = make_tagger(monkeypatch, max_tokens=5)
    (found,) = tagger.tag_words([["dog", "\x07", "runs", "park", "dog"]])
    assert [word.label for word in found.words] == ["B-animal", "O", "B-animal", "B-place", "O"]
    assert [word.probability > 0 for word in found.words] == [True, False, True, True, False]
    assert found.truncated


def test_a_long_text_is_cut_and_says_so_or_tagged_in_windows(make_tagger, monkeypatch):
    """Offsets go on through windows, and so does an entity that is cut by one: `dog | runs`."""
    tagger = make_tagger(monkeypatch, max_tokens=5)
    text = "the the dog runs in the park"
    (cut,), (split,) = (tagger.tag([text], long=long) for long in ("truncate", "split"))
    assert (len(cut.words), cut.truncated) == (3, True)
    assert (len(split.words), split.truncated) == (7, False)
    assert [(entity.text, entity.start) for entity in split.entities] == [("dog runs", 8), ("park", 24)]


def test_labels_that_are_no_iob_make_words_without_entities(make_runner):
    tagger = Tagger(make_runner("tagging", labels=("NOUN", "VERB")))
    (found,) = tagger.tag(["a dog runs"])
    assert {word.label for word in found.words} <= {"NOUN", "VERB"}
    assert found.entities == ()


def test_empty_texts_and_words_are_refused(tagger):
    with pytest.raises(InputError, match="text 2 is empty"):
        tagger.tag(["a", ""])
    with pytest.raises(InputError, match="a word must not be empty, but one of sentence 2 is"):
        tagger.tag_words([["a"], ["b", " "]])
    with pytest.raises(InputError, match="text 1 is empty"):
        tagger.tag_words([[]])
