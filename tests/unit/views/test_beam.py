"""What a beam search kept, against a search that is written out."""

import pytest

from manyheads.views.of_pair import TranslationReading


@pytest.fixture
def written(make_translator):
    return TranslationReading(make_translator(), "a dog runs", name="toy").written


def test_every_step_keeps_the_prefix_that_won_unless_it_was_done(written):
    assert len(written.beam) == len(written.tokens)
    for step, kept in enumerate(written.beam):
        (won,) = [each for each in kept if each.won]
        assert won.token_ids == written.token_ids[: step + 1]


def test_prefixes_come_best_first_and_go_on_from_one_another(written, make_translator):
    beam = make_translator().config.decoding.beam
    for before, kept in zip((None, *written.beam), written.beam, strict=False):
        sums = [each.log_prob for each in kept]
        assert sums == sorted(sums, reverse=True)
        assert sum(not each.ends for each in kept) <= beam
        if before is not None:
            going_on = {each.token_ids: each.log_prob for each in before if not each.ends}
            for each in kept:
                assert each.log_prob <= going_on[each.token_ids[:-1]] + 1e-6


def test_what_ended_is_among_what_the_search_found(make_translator):
    reading = TranslationReading(make_translator(), "a dog runs", name="toy")
    ended = {each.token_ids for kept in reading.written.beam for each in kept if each.ends}
    found = {(*each.token_ids, reading.row_ids[-1]) for each in reading.translation.n_best if each.finished}
    long = len(reading.written.tokens)
    assert {ids for ids in found if len(ids) <= long} <= ended


def test_the_sum_is_that_of_the_translation(make_translator):
    reading = TranslationReading(make_translator(), "a dog runs", name="toy")
    (won,) = [each for each in reading.written.beam[-1] if each.won]
    assert won.log_prob == pytest.approx(sum(reading.translation.log_probs), abs=1e-4)


def test_a_given_target_was_not_searched_for(make_translator):
    assert TranslationReading(make_translator(), "a dog", "ein Hund", name="toy").written.beam == ()
