"""Sampling: each cut on a line of probabilities that adds up by hand, then the drawing itself."""

import math

import pytest
import torch

from manyheads.errors import InputError
from manyheads.inference.constraints import Constraints
from manyheads.inference.sampling import apply_temperature, draw, keep_top_k, keep_top_p, sample, uniforms
from manyheads.inference.search import greedy_search

EOS, BOS = 0, 1


class Bigrams:
    """The next token depends on the last one alone; `logits[last, next]`, the same for every sentence."""

    def __init__(self, logits):
        self.logits = logits

    def begin(self, memory, lengths=None):
        return torch.arange(memory)

    def advance(self, state, last_ids):
        return self.logits[last_ids], state

    def select(self, state, rows):
        return state[rows]


def decoder():
    return Bigrams(torch.randn(11, 11, generator=torch.Generator().manual_seed(5)))


def samples(model, sentences, **changes):
    options = {"bos_id": BOS, "eos_id": EOS, "max_lengths": 7, "seed": 3}
    return sample(model, model.begin(sentences), sentences=sentences, **(options | changes))


def line(*probs):
    return torch.tensor([probs]).log()


def shares(logits):
    return logits.softmax(dim=1)[0].tolist()


def test_temperature_one_half_squares_the_probabilities():
    """0.2, 0.3 and 0.5 squared are 0.04, 0.09 and 0.25, together 0.38."""
    cooled = shares(apply_temperature(line(0.2, 0.3, 0.5), 0.5))
    assert cooled == pytest.approx([0.04 / 0.38, 0.09 / 0.38, 0.25 / 0.38])


def test_a_temperature_near_zero_leaves_the_likeliest_alone():
    assert shares(apply_temperature(line(0.2, 0.3, 0.5).double(), 1e-300)) == [0.0, 0.0, 1.0]


def test_top_k_keeps_the_likeliest_and_their_equals():
    """Of 0.1, 0.3, 0.2 and 0.4, two stay: 0.3 / 0.7 and 0.4 / 0.7; of 0.4, 0.3 and 0.3, two means three."""
    assert shares(keep_top_k(line(0.1, 0.3, 0.2, 0.4), 2)) == pytest.approx([0, 3 / 7, 0, 4 / 7])
    assert shares(keep_top_k(line(0.4, 0.3, 0.3), 2)) == pytest.approx([0.4, 0.3, 0.3])
    assert shares(keep_top_k(line(0.4, 0.6), 9)) == pytest.approx([0.4, 0.6])


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [
        (0.1, [0, 0, 0, 1]),
        (0.45, [0, 3 / 7, 0, 4 / 7]),
        (0.8, [0, 1 / 3, 2 / 9, 4 / 9]),
        (1.0, [0.1, 0.3, 0.2, 0.4]),
    ],
)
def test_top_p_keeps_the_fewest_that_hold_the_share(top_p, kept):
    """Best first 0.4, 0.3, 0.2, 0.1 add up to 0.4, 0.7, 0.9, 1: the one that reaches the share stays too."""
    assert shares(keep_top_p(line(0.1, 0.3, 0.2, 0.4), top_p)) == pytest.approx(kept)


def test_a_chance_falls_into_the_share_of_one_token():
    """0.25, 0, 0.5 and 0.25 end at 0.25, 0.25, 0.75 and 1."""
    chances = torch.tensor([0.0, 0.24, 0.26, 0.74, 0.76, 0.999])
    logits = line(0.25, 0.0, 0.5, 0.25).expand(6, 4)
    assert draw(logits, chances).tolist() == [0, 0, 2, 2, 3, 3]


def test_an_impossible_first_token_is_not_drawn_by_a_chance_of_zero():
    assert draw(line(0.0, 1.0), torch.tensor([0.0])).tolist() == [1]


def test_a_sentence_has_a_stream_of_its_own():
    stream = uniforms(3, 0, 1000)
    assert torch.equal(stream, uniforms(3, 0, 1000))
    assert ((stream >= 0) & (stream < 1)).all()
    assert stream.mean().item() == pytest.approx(0.5, abs=0.05)
    assert not torch.equal(stream, uniforms(4, 0, 1000))
    assert not torch.equal(stream, uniforms(3, 1, 1000))


def test_the_same_seed_draws_the_same_and_another_seed_something_else():
    assert samples(decoder(), 5) == samples(decoder(), 5)
    assert samples(decoder(), 5) != samples(decoder(), 5, seed=4)


def test_torch_s_own_state_of_chance_is_neither_used_nor_changed():
    before = torch.get_rng_state()
    first = samples(decoder(), 3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(5)
    assert samples(decoder(), 3) == first


def test_a_neighbour_in_the_batch_changes_nothing():
    """Sentences 4, 0 and 2 of the input together, and each alone under its own number."""
    together = samples(decoder(), 3, sentence_ids=[4, 0, 2], max_lengths=[7, 3, 5])
    for number, limit, hypothesis in zip([4, 0, 2], [7, 3, 5], together, strict=True):
        assert samples(decoder(), 1, sentence_ids=[number], max_lengths=limit) == [hypothesis]


def test_samples_are_as_frequent_as_the_model_says():
    """The first token of 2,000 samples; the standard error of a share is at most 0.011."""
    model = decoder()
    drawn = [hypothesis.token_ids[0] for hypothesis in samples(model, 2000, max_lengths=1)]
    wanted = model.logits[BOS].softmax(dim=0).tolist()
    assert [drawn.count(token) / 2000 for token in range(11)] == pytest.approx(wanted, abs=0.045)


def test_the_log_probabilities_are_the_model_s_own_before_any_cut():
    model = decoder()
    (hypothesis,) = samples(model, 1, temperature=0.3, top_k=4, top_p=0.9, length_penalty=0.0)
    log_probs = model.logits.log_softmax(dim=1)
    path = zip((BOS, *hypothesis.token_ids), hypothesis.token_ids, strict=False)
    assert hypothesis.log_probs == pytest.approx([log_probs[last, token].item() for last, token in path])
    assert hypothesis.score == pytest.approx(math.fsum(hypothesis.log_probs))


@pytest.mark.parametrize("cut", [{"top_k": 1}, {"top_p": 1e-9}, {"temperature": 1e-6}])
def test_the_sharpest_cut_of_each_kind_is_greedy(cut):
    model = decoder()
    options = {"sentences": 3, "bos_id": BOS, "eos_id": EOS, "max_lengths": 7}
    assert samples(model, 3, **cut) == greedy_search(model, model.begin(3), **options)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            {"temperature": 0.0},
            "temperature must be above 0 and finite, but 0.0 was given; use greedy search for 0",
        ),
        ({"temperature": math.inf}, "temperature must be above 0 and finite, but inf was given"),
        ({"top_k": 0}, "top_k must be at least 1, but 0 was given"),
        ({"top_p": 0.0}, "top_p must be more than 0 and at most 1, but 0.0 was given"),
        ({"top_p": 1.5}, "top_p must be more than 0 and at most 1, but 1.5 was given"),
        ({"sentence_ids": [1]}, "sentence_ids must hold one number a sentence: 1 for 2 were given"),
        ({"length_penalty": 12.0}, "length_penalty must lie between -10 and 10, but 12.0 was given"),
        ({"max_lengths": [1]}, "max_lengths must hold one limit a sentence: 1 for 2 were given"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(wrong, words):
    with pytest.raises(InputError, match=words):
        samples(decoder(), 2, **wrong)


def test_barred_tokens_are_never_drawn_and_at_its_limit_a_text_ends():
    drawn = samples(decoder(), 41, constraints=Constraints(barred=(3, 4, 5), force_end=True))
    assert not {3, 4, 5} & {token for found in drawn for token in found.token_ids}
    assert {found.token_ids[-1] for found in drawn} == {EOS}
    assert {len(found.token_ids) < 7 for found in drawn if found.finished} == {True}
    assert {len(found.token_ids) for found in drawn if not found.finished} == {7}
