"""Texts in, vectors out: order, neighbours, pooling, limits."""

import numpy as np
import pytest
import torch

from manyheads.batches.packed import pack
from manyheads.errors import InputError
from manyheads.inference.embed import Encoder, check_pooling

TEXTS = ["a dog runs", "one man", "the dog sees a man in the park", "two men", "a", "one man"]
LONG = TEXTS[2]


@pytest.fixture
def encoder(make_runner):
    return Encoder(make_runner())


def states(encoder, text):
    """Run one text's last layer by hand."""
    with torch.inference_mode():
        return encoder.model.bert(pack(encoder.tokenizer.encode_ids([text]))).numpy()


@pytest.mark.parametrize(
    ("pooling", "pool"),
    [
        ("cls", lambda rows: rows[0]),
        ("mean", lambda rows: rows.mean(axis=0)),
        ("max", lambda rows: rows.max(axis=0)),
    ],
)
def test_a_vector_is_pooled_from_the_text_s_own_tokens(encoder, pooling, pool):
    vectors = encoder.embed(TEXTS, pooling=pooling)
    assert (vectors.shape, vectors.dtype) == ((6, 12), np.float32)
    for vector, text in zip(vectors, TEXTS, strict=True):
        np.testing.assert_allclose(vector, pool(states(encoder, text)), atol=1e-5)


@pytest.mark.parametrize("batch_tokens", [1, 11, 4096])
def test_a_neighbour_in_the_batch_changes_nothing(encoder, batch_tokens):
    together = encoder.embed(TEXTS, batch_tokens=batch_tokens)
    alone = np.concatenate([encoder.embed([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(together[1], together[5], atol=1e-6)
    assert np.abs(together[0] - together[1]).max() > 0.1


def test_chunks_change_nothing_but_memory(encoder, monkeypatch):
    whole = encoder.embed(TEXTS)
    monkeypatch.setattr("manyheads.inference.encoder._TEXTS_AT_ONCE", 4)
    told = []
    np.testing.assert_allclose(encoder.embed(TEXTS, progress=told.append), whole, atol=1e-6)
    assert sum(told) == 6


def test_the_config_says_pooling_and_normalising_where_nobody_asks(make_runner):
    plain, told = Encoder(make_runner()), Encoder(make_runner(pooling="max", normalize=True))
    expected = plain.embed(TEXTS, pooling="max", normalize=True)
    np.testing.assert_array_equal(told.embed(TEXTS), expected)
    np.testing.assert_allclose(np.linalg.norm(expected, axis=1), 1, atol=1e-6)
    assert np.linalg.norm(told.embed(TEXTS, normalize=False), axis=1).max() > 1.5


def test_the_config_s_prompt_stands_before_each_text(make_runner):
    prompted, plain = Encoder(make_runner(prompt="the ")), Encoder(make_runner())
    np.testing.assert_array_equal(prompted.embed(["dog"]), plain.embed(["the dog"]))


def test_a_long_text_is_cut_and_told_of_or_averaged_over_its_windows(make_runner):
    """10 tokens with the special ones, 7 fit: windows of 7 and 5, counted 7 to 5."""
    encoder = Encoder(make_runner(max_tokens=7))
    told = []
    cut, short = encoder.embed([LONG, "a dog"], truncated=told.append)
    first, second = encoder.embed(["the dog sees a man", "in the park"])
    assert told == [0]
    np.testing.assert_allclose(cut, first, atol=1e-5)
    split = encoder.embed([LONG, "a dog"], long="split", truncated=told.append)
    np.testing.assert_allclose(split[0], (7 * first + 5 * second) / 12, atol=1e-5)
    np.testing.assert_allclose(split[1], short, atol=1e-5)
    assert told == [0]
    normal = encoder.embed([LONG], long="split", normalize=True)[0]
    np.testing.assert_allclose(normal, split[0] / np.linalg.norm(split[0]), atol=1e-5)


def test_a_long_text_is_refused_with_its_tokens_and_the_limit(make_runner):
    encoder = Encoder(make_runner(max_tokens=7))
    with pytest.raises(InputError, match=r"at most 7 tokens .* but text 2 \('the dog .* has 10; let it be"):
        encoder.embed(["a", LONG], long="error")


def test_bfloat16_gives_nearly_the_same_direction(make_runner):
    exact, rough = (
        Encoder(make_runner(precision=name)).embed(TEXTS, normalize=True) for name in ("float32", "bfloat16")
    )
    assert rough.dtype == np.float32
    assert (exact * rough).sum(axis=1).min() > 0.99
    assert np.abs(exact - rough).max() > 1e-6


def test_no_texts_give_no_vectors(encoder):
    assert encoder.embed([]).shape == (0, 12)
    assert encoder.similarity([], []).shape == (0,)


def test_a_text_of_zeros_has_no_direction_and_stays(make_runner):
    runner = make_runner()
    for parameter in runner.model.parameters():
        torch.nn.init.zeros_(parameter)
    assert Encoder(runner).embed(["a"], normalize=True).tolist() == [[0.0] * 12]


def test_similarity_is_the_cosine_of_each_pair(encoder):
    seconds = ["a man", "one man", "a", "a dog", "in the park", "two"]
    ours, theirs = (encoder.embed(side).astype(np.float64) for side in (TEXTS, seconds))
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    cosines = encoder.similarity(TEXTS, seconds)
    np.testing.assert_allclose(cosines, (ours * theirs).sum(axis=1) / lengths, atol=1e-5)
    assert cosines[1] == pytest.approx(1)


def test_similarity_tells_each_pair_that_was_cut_once(make_runner):
    encoder = Encoder(make_runner(max_tokens=7))
    told = []
    encoder.similarity(["a", LONG, "a", LONG], ["a", LONG, LONG, "a"], truncated=told.append)
    assert told == [1, 2, 3]


def test_half_a_pair_and_an_empty_text_are_refused(encoder):
    with pytest.raises(InputError, match="there are 1 first and 2 second ones"):
        encoder.similarity(["a"], ["b", "c"])
    with pytest.raises(InputError, match="text 3 is empty"):
        encoder.embed(["a", "b", ""])


def test_an_unknown_pooling_is_named():
    with pytest.raises(InputError) as told:
        check_pooling("men")
    assert str(told.value) == "pooling must be one of cls, mean, max, but is 'men'; did you mean 'mean'?"


def test_hidden_states_are_those_of_every_layer_whatever_the_batch(encoder):
    found = encoder.hidden_states(TEXTS)
    for states_of, text in zip(found, TEXTS, strict=True):
        batch = pack(encoder.tokenizer.encode_ids([text]))
        with torch.inference_mode():
            layers = torch.stack(encoder.model.bert.layer_by_layer(batch)).numpy()
        assert states_of.shape == (3, batch.lengths.total, 12)
        np.testing.assert_allclose(states_of, layers, atol=1e-5)


def test_hidden_states_of_a_split_text_are_refused(encoder):
    with pytest.raises(InputError, match="states are those of a whole text, but long is 'split'"):
        encoder.hidden_states(["a"], long="split")


@pytest.mark.parametrize("task", ["masked", "classification", "regression", "tagging"])
def test_any_encoder_gives_vectors_whatever_its_head(make_runner, task):
    labels = {"labels": ("O", "B-x")} if task in {"classification", "tagging"} else {}
    runner = make_runner(task, **labels)
    with torch.inference_mode():
        states_of = runner.model.bert(pack(runner.tokenizer.encode_ids(["a dog"]))).numpy()
    np.testing.assert_allclose(Encoder(runner).embed(["a dog"])[0], states_of.mean(axis=0), atol=1e-5)
