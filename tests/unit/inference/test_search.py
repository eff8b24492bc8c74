"""Greedy and beam search, on tables of bigrams whose answers are worked out by hand."""

import math

import pytest
import torch

from manyheads.errors import InputError, RunError
from manyheads.inference.constraints import Constraints
from manyheads.inference.search import beam_search, greedy_search

EOS, BOS, A, B = 0, 1, 2, 3


class Bigrams:
    """The next token depends on the last one alone; `probs[sentence, last, next]`."""

    def __init__(self, *tables):
        self.logits = torch.tensor(tables).log()
        self.rows_seen = []

    def begin(self, memory=None, lengths=None):
        return torch.arange(len(self.logits))

    def advance(self, state, last_ids):
        self.rows_seen.append(state.tolist())
        return self.logits[state, last_ids], state

    def select(self, state, rows):
        return state[rows]


#           EOS  BOS  A    B      after
GREEDY_ERRS = [
    [1.0, 0.0, 0.0, 0.0],  # EOS (never asked)
    [0.0, 0.0, 0.6, 0.4],  # BOS
    [0.4, 0.0, 0.3, 0.3],  # A
    [0.9, 0.0, 0.1, 0.0],  # B
]
NEVER_ENDS = [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.75, 0.25], [0.0, 0.0, 0.75, 0.25], [0.0, 0.0, 0.5, 0.5]]
SHORT_OR_LONG = [[1.0, 0.0, 0.0, 0.0], [0.5, 0.0, 0.5, 0.0], [0.9, 0.0, 0.1, 0.0], [0.5, 0.0, 0.5, 0.0]]
EOS_THIRD = [[1.0, 0.0, 0.0, 0.0], [0.2, 0.0, 0.5, 0.3], [0.1, 0.0, 0.55, 0.35], [0.1, 0.0, 0.5, 0.4]]


def beams(decoder, **changes):
    options = {
        "sentences": len(decoder.logits),
        "bos_id": BOS,
        "eos_id": EOS,
        "beam": 2,
        "length_penalty": 1.0,
    }
    return beam_search(decoder, decoder.begin(), **(options | {"max_lengths": 5, "n_best": 2} | changes))


def greedy(decoder, max_lengths=5, **changes):
    options = {"sentences": len(decoder.logits), "bos_id": BOS, "eos_id": EOS, "max_lengths": max_lengths}
    return greedy_search(decoder, decoder.begin(), **(options | changes))


def test_beam_finds_what_greedy_misses():
    """Greedy takes A (0.6), then the end (0.4): 0.24. Beam 2 also keeps B (0.4); its end (0.9) gives 0.36."""
    (taken,) = greedy(Bigrams(GREEDY_ERRS))
    assert taken.token_ids == (A, EOS)
    ((best, second),) = beams(Bigrams(GREEDY_ERRS))
    assert (best.token_ids, second.token_ids) == ((B, EOS), (A, EOS))
    assert best.log_probs == pytest.approx((math.log(0.4), math.log(0.9)))
    assert best.score == pytest.approx(math.log(0.36) / 2)
    assert second.score == taken.score == pytest.approx(math.log(0.24) / 2)
    assert best.finished


def test_a_sentence_leaves_when_no_prefix_can_beat_its_worst_hypothesis():
    """After two steps there are 0.36 and 0.24; A A and A B stand at 0.18, below both: two calls are enough.

    The first call has the one row that there is to tell apart, the second the two beams A and B.
    """
    decoder = Bigrams(GREEDY_ERRS)
    beams(decoder)
    assert decoder.rows_seen == [[0], [0, 0]]


def test_finished_sentences_leave_the_batch_and_the_rest_stay_in_order():
    """Sentence 1 has its answer after two steps; 0 and 2 never end and go on to their limits, 3 and 4."""
    decoder = Bigrams(NEVER_ENDS, GREEDY_ERRS, NEVER_ENDS)
    answers = beams(decoder, max_lengths=[3, 5, 4])
    assert decoder.rows_seen == [[0, 1, 2], [0, 0, 1, 1, 2, 2], [0, 0, 2, 2], [2, 2]]
    assert [answer[0].token_ids for answer in answers] == [(A, A, A), (B, EOS), (A, A, A, A)]


def test_a_limit_ends_a_hypothesis_as_it_stands():
    """0.75 * 0.75 for A A; then A B with 0.75 * 0.25 = 0.1875 against B A and B B with 0.125 each."""
    ((best, second),) = beams(Bigrams(NEVER_ENDS), max_lengths=2)
    assert (best.token_ids, second.token_ids) == ((A, A), (A, B))
    assert not best.finished
    assert best.score == pytest.approx(math.log(0.5625) / 2)
    assert second.score == pytest.approx(math.log(0.1875) / 2)


@pytest.mark.parametrize(("length_penalty", "winner"), [(0.0, (EOS,)), (1.0, (A, EOS))])
def test_the_length_penalty_decides_between_short_and_long(length_penalty, winner):
    """The end at once has 0.5, A and the end 0.45; a token, log 0.5 is -0.69 and log(0.45) / 2 is -0.40."""
    ((best, _),) = beams(Bigrams(SHORT_OR_LONG), length_penalty=length_penalty)
    assert best.token_ids == winner


def test_an_end_counts_only_among_the_best_beam_continuations():
    """The end at once (0.2) comes third after A (0.5) and B (0.3).

    At the limit of 2 tokens A A has 0.275, A B 0.175 and B A 0.15: beam 2 has lost the end, which beam 3
    has second.
    """
    (narrow,) = beams(Bigrams(EOS_THIRD), length_penalty=0.0, max_lengths=2)
    assert [hypothesis.token_ids for hypothesis in narrow] == [(A, A), (A, B)]
    (wide,) = beams(Bigrams(EOS_THIRD), length_penalty=0.0, max_lengths=2, beam=3, n_best=3)
    assert [hypothesis.token_ids for hypothesis in wide] == [(A, A), (EOS,), (A, B)]


def test_equals_go_to_the_smaller_token_id():
    """Four tokens of a quarter each: the end is token 0, the start token 1."""
    even = [[0.25] * 4] * 4
    ((best, second),) = beams(Bigrams(even), max_lengths=1)
    assert (best.token_ids, second.token_ids) == ((EOS,), (BOS,))
    assert greedy(Bigrams(even))[0].token_ids == (EOS,)


def test_equals_go_to_the_earlier_beam():
    """A and B have a half each and the end for certain after it; A, the smaller id, is the earlier beam."""
    sure = [1.0, 0.0, 0.0, 0.0]
    ((best, second),) = beams(Bigrams([sure, [0.0, 0.0, 0.5, 0.5], sure, sure]))
    assert (best.token_ids, second.token_ids) == ((A, EOS), (B, EOS))
    assert best.score == second.score


def test_a_vocabulary_smaller_than_the_beam_gives_all_there_is():
    """Tokens: the end (0.3) and one other (0.7). At most 2 steps: 0.7 * 0.7, 0.7 * 0.3 and 0.3, no more."""
    (answer,) = beams(Bigrams([[0.3, 0.7], [0.3, 0.7]]), beam=5, n_best=5, max_lengths=2, length_penalty=0.0)
    assert [hypothesis.token_ids for hypothesis in answer] == [(1, 1), (0,), (1, 0)]
    assert [math.exp(hypothesis.score) for hypothesis in answer] == pytest.approx([0.49, 0.3, 0.21])


def test_a_vocabulary_of_the_end_alone_ends():
    assert beams(Bigrams([[1.0]]), bos_id=0, beam=2)[0][0].token_ids == (0,)


def test_impossible_tokens_are_never_given():
    """A for certain and then the end for certain: one path, though three hypotheses are wanted."""
    only_a = [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]]
    (answer,) = beams(Bigrams(only_a), beam=3, n_best=3)
    assert [hypothesis.token_ids for hypothesis in answer] == [(A, EOS)]


def test_no_sentences_give_no_answers():
    decoder = Bigrams(GREEDY_ERRS)
    assert beams(decoder, sentences=0) == []
    assert greedy(decoder, sentences=0) == []
    assert decoder.rows_seen == []


def test_greedy_lets_finished_sentences_leave():
    """The first sentence takes A, end; the second A until its limit of 4."""
    decoder = Bigrams(GREEDY_ERRS, NEVER_ENDS)
    first, second = greedy(decoder, [5, 4])
    assert (first.token_ids, second.token_ids) == ((A, EOS), (A, A, A, A))
    assert (first.finished, second.finished) == (True, False)
    assert decoder.rows_seen == [[0, 1], [0, 1], [1], [1]]


def test_logits_in_bfloat16_are_scored_in_float32():
    decoder = Bigrams(GREEDY_ERRS)
    decoder.logits = decoder.logits.bfloat16()
    ((best, _),) = beams(decoder)
    assert best.token_ids == (B, EOS)
    assert best.score == pytest.approx(math.log(0.36) / 2, abs=0.01)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"beam": 0}, "beam must be at least 1, but 0 was given"),
        ({"n_best": 3}, "n_best must lie between 1 and the beam of 2, but 3 was given"),
        ({"n_best": 0}, "n_best must lie between 1 and the beam of 2, but 0 was given"),
        ({"length_penalty": 11.0}, "length_penalty must lie between -10 and 10, but 11.0 was given"),
        ({"length_penalty": math.nan}, "length_penalty must lie between -10 and 10, but nan was given"),
        ({"max_lengths": 0}, "max_lengths must be at least 1, but sentence 0 was given 0"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(wrong, words):
    with pytest.raises(InputError, match=f"^{words}$"):
        beams(Bigrams(GREEDY_ERRS), **wrong)


def test_logits_that_are_no_numbers_stop_the_search():
    decoder = Bigrams(GREEDY_ERRS)
    decoder.logits[0, B, A] = math.nan
    with pytest.raises(RunError, match="at step 2 of decoding"):
        beams(decoder)
    decoder.logits[0, BOS, A] = math.nan
    with pytest.raises(RunError, match="at step 1 of decoding"):
        greedy(decoder)


def test_greedy_checks_its_settings_too():
    with pytest.raises(InputError, match=r"between -10 and 10, but 99\.0 was given"):
        greedy(Bigrams(GREEDY_ERRS), length_penalty=99.0)
    with pytest.raises(InputError, match="sentence 0 was given 0"):
        greedy(Bigrams(GREEDY_ERRS), 0)


def test_a_barred_token_is_never_taken():
    """Without A there is BOS, then B (0.4), then the end (0.9), for greedy and for both beams."""
    no_a = Constraints(barred=(A,))
    (taken,) = greedy(Bigrams(GREEDY_ERRS), constraints=no_a)
    ((best, *_),) = beams(Bigrams(GREEDY_ERRS), constraints=no_a)
    assert taken.token_ids == best.token_ids == (B, EOS)
    assert best.score == pytest.approx(math.log(0.36) / 2)


def test_a_forced_end_costs_nothing_and_is_not_the_models():
    """A is likeliest for ever (0.75); at three tokens two of them and the end: 0.75 * 0.75 * 1.

    The second beam has A and B: 0.75 * 0.25.
    """
    force = Constraints(force_end=True)
    ((best, second),) = beams(Bigrams(NEVER_ENDS), max_lengths=3, constraints=force)
    (taken,) = greedy(Bigrams(NEVER_ENDS), max_lengths=3, constraints=force)
    assert best.token_ids == taken.token_ids == (A, A, EOS)
    assert best.score == taken.score == pytest.approx(2 * math.log(0.75) / 3)
    assert second.log_probs == pytest.approx((math.log(0.75), math.log(0.25), 0.0))
    assert [found.finished for found in (best, second, taken)] == [False] * 3


def test_an_end_before_the_limit_is_the_models_own_though_ends_are_forced():
    force = Constraints(force_end=True)
    ((best, _),) = beams(Bigrams(GREEDY_ERRS), constraints=force)
    (taken,) = greedy(Bigrams(GREEDY_ERRS), constraints=force)
    assert best.finished
    assert taken.finished
