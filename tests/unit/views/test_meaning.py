import numpy as np
import pytest

from manyheads.errors import InputError
from manyheads.inference.embed import Encoder
from manyheads.views.meaning import meaning_of

TEXTS = ["a dog runs", "the Dog sees a man", "two men"]


@pytest.fixture
def encoder(make_runner):
    return Encoder(make_runner())


def test_the_fixed_vector_is_one_and_the_layers_are_those_of_the_model(encoder):
    found = meaning_of(encoder, "dog", TEXTS[:2])
    assert found.names == ("fixed vector", "with position", "layer 0", "layer 1")
    assert found.texts == (("a dog runs", 2, 5), ("the Dog sees a man", 4, 7))
    cosines = found.cosines.numpy()
    np.testing.assert_allclose(cosines[0], 1, atol=1e-5)
    states = encoder.hidden_states(TEXTS[:2])
    for layer in range(3):
        one, other = states[0][layer][2], states[1][layer][2]
        wanted = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
        assert cosines[1 + layer, 0, 1] == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize(
    ("word", "texts", "sentence"),
    [
        ("dog", TEXTS, "must hold the word 'dog', but sentence 3 does not: 'two men'"),
        ("do", TEXTS[:2], "must hold the word 'do', but sentence 1 does not"),
        ("dog", TEXTS[:1], "in two sentences at least, but 1 was given"),
        (" ", TEXTS[:2], "must hold the word ' '"),
    ],
)
def test_sentences_without_the_word_are_refused(encoder, word, texts, sentence):
    with pytest.raises(InputError, match=sentence):
        meaning_of(encoder, word, texts)


def test_a_factorised_embedding_is_narrower_and_still_compared(make_runner):
    encoder = Encoder(make_runner(sizes={"embedding_width": 8}))
    assert meaning_of(encoder, "dog", TEXTS[:2]).cosines.shape == (4, 2, 2)
