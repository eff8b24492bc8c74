"""Laws of search, on random tables: against a plain search of one sentence, and against trying everything."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from manyheads.inference.search import beam_search, greedy_search

EOS, BOS = 0, 1
pytestmark = pytest.mark.property


class Bigrams:
    """The next token depends on the last one alone; `logits[sentence, last, next]`."""

    def __init__(self, logits):
        self.logits = logits

    def begin(self, memory=None, lengths=None):
        return torch.arange(len(self.logits))

    def advance(self, state, last_ids):
        return self.logits[state, last_ids], state

    def select(self, state, rows):
        return state[rows]


@st.composite
def tables(draw, *, max_sentences=4, max_vocab=9, tied=None):
    """Draw a table of bigrams; a tied one has whole numbers, so that many continuations are equal."""
    sentences, vocab = draw(st.integers(1, max_sentences)), draw(st.integers(2, max_vocab))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    logits = 1.5 * torch.randn(sentences, vocab, vocab, generator=generator)
    logits[:, :, EOS] += draw(st.sampled_from([-2.0, 0.0, 2.0]))
    return logits.round() if (draw(st.booleans()) if tied is None else tied) else logits


def found(logits, **changes):
    decoder = Bigrams(logits)
    options = {"sentences": len(logits), "bos_id": BOS, "eos_id": EOS, "beam": 3, "length_penalty": 1.0}
    return beam_search(decoder, decoder.begin(), **(options | {"max_lengths": 5} | changes))


def plain_beam_search(log_probs, beam, penalty, limit):
    """The rules once more, for one sentence, in plain Python: pairs of score and tokens, best first."""
    live, ended = [(0.0, ())], []
    for length in range(1, limit + 1):
        continuations = [
            (total + log_prob, (*tokens, token))
            for total, tokens in live
            for token, log_prob in sorted(enumerate(log_probs[(BOS, *tokens)[-1]]), key=lambda pair: -pair[1])
        ]
        continuations = sorted(continuations, key=lambda pair: -pair[0])[: 2 * beam]
        for total, tokens in continuations[:beam]:
            if tokens[-1] == EOS or length == limit:
                ended.append((total / length**penalty, tokens))
        ended = sorted(ended, key=lambda pair: -pair[0])[:beam]
        live = [pair for pair in continuations if pair[1][-1] != EOS][:beam]
        if len(ended) == beam and live[0][0] / length**penalty <= ended[-1][0]:
            break
    return ended


@given(tables(), st.integers(1, 5), st.sampled_from([-1.0, 0.0, 0.6, 1.0, 2.0]), st.data())
def test_batched_search_gives_what_a_plain_search_of_each_sentence_gives(logits, beam, penalty, data):
    limits = data.draw(st.lists(st.integers(1, 7), min_size=len(logits), max_size=len(logits)))
    answers = found(logits, beam=beam, n_best=beam, length_penalty=penalty, max_lengths=limits)
    for table, limit, answer in zip(logits.log_softmax(dim=2), limits, answers, strict=True):
        wanted = plain_beam_search(table.tolist(), beam, penalty, limit)
        assert [hypothesis.token_ids for hypothesis in answer] == [tokens for _, tokens in wanted]
        assert [hypothesis.score for hypothesis in answer] == pytest.approx([score for score, _ in wanted])


@settings(max_examples=30)
@given(tables(max_sentences=2, max_vocab=4, tied=False), st.sampled_from([0.0, 1.0, 2.0]), st.integers(1, 3))
def test_a_beam_as_wide_as_everything_is_exhaustive(logits, penalty, limit):
    vocab = logits.shape[2]
    everything = {
        tokens
        for length in range(1, limit + 1)
        for tokens in itertools.product(range(vocab), repeat=length)
        if EOS not in tokens[:-1] and (tokens[-1] == EOS or length == limit)
    }
    beam = vocab**limit
    for table, answer in zip(
        logits.log_softmax(dim=2),
        found(logits, beam=beam, n_best=beam, length_penalty=penalty, max_lengths=limit),
        strict=True,
    ):
        scores = {
            tokens: sum(table[pair].item() for pair in itertools.pairwise((BOS, *tokens)))
            / len(tokens) ** penalty
            for tokens in everything
        }
        assert {hypothesis.token_ids for hypothesis in answer} == everything
        assert [hypothesis.score for hypothesis in answer] == pytest.approx(
            sorted(scores.values(), reverse=True)
        )


@given(tables(), st.integers(1, 6), st.sampled_from([-1.0, 0.6, 1.0]))
def test_a_beam_of_one_is_greedy(logits, limit, penalty):
    decoder = Bigrams(logits)
    options = {"sentences": len(logits), "bos_id": BOS, "eos_id": EOS, "length_penalty": penalty}
    greedy = greedy_search(decoder, decoder.begin(), max_lengths=limit, **options)
    assert [
        answer for (answer,) in found(logits, beam=1, length_penalty=penalty, max_lengths=limit)
    ] == greedy


@given(tables(), st.integers(1, 4))
def test_a_neighbour_in_the_batch_changes_nothing(logits, beam):
    together = found(logits, beam=beam, n_best=beam)
    assert together == [answer for table in logits for answer in found(table[None], beam=beam, n_best=beam)]


@given(tables(), st.integers(1, 5))
def test_hypotheses_are_sorted_different_and_scored_by_the_model(logits, beam):
    for table, answer in zip(logits.log_softmax(dim=2), found(logits, beam=beam, n_best=beam), strict=True):
        scores = [hypothesis.score for hypothesis in answer]
        assert scores == sorted(scores, reverse=True)
        assert len({hypothesis.token_ids for hypothesis in answer}) == len(answer)
        for hypothesis in answer:
            tokens = hypothesis.token_ids
            wanted = [table[pair].item() for pair in itertools.pairwise((BOS, *tokens))]
            assert hypothesis.log_probs == pytest.approx(wanted)
            assert hypothesis.score == pytest.approx(math.fsum(wanted) / len(tokens))
            assert hypothesis.finished == (tokens[-1] == EOS)
