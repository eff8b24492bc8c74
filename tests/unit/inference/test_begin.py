"""A translation that has to begin with given tokens."""

import pytest

from manyheads.errors import InputError

TEXT = "a dog runs"


@pytest.fixture
def translator(make_translator):
    return make_translator()


@pytest.mark.parametrize("beam", [1, 3])
def test_the_beginning_stands_with_the_model_s_own_probabilities(translator, beam):
    begin = [9, 30, 7]
    done = translator.translate([TEXT, "one man"], beam=beam, begin_ids=begin)
    for each in done:
        assert list(each.token_ids[:3]) == begin
        assert len(each.log_probs) > 3
        assert each.score == pytest.approx(
            sum(each.log_probs) / len(each.log_probs) ** translator.config.decoding.length_penalty, abs=1e-5
        )
    from manyheads.inference.forced import _log_probs

    src = translator.src_tokenizer.encode_ids([TEXT])[0]
    wanted = _log_probs(translator, src, list(done[0].token_ids))[: len(done[0].log_probs)]
    assert done[0].log_probs == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("beam", [1, 3])
def test_the_own_beginning_changes_nothing(translator, beam):
    own = translator.translate([TEXT], beam=beam)[0]
    again = translator.translate([TEXT], beam=beam, begin_ids=own.token_ids[:2])[0]
    assert again.token_ids == own.token_ids


def test_an_end_at_the_beginning_ends(translator):
    end = translator.tgt_tokenizer.special.end
    assert translator.translate([TEXT], beam=3, begin_ids=[9, end])[0].token_ids == (9,)


@pytest.mark.parametrize(
    ("begin", "message"),
    [
        ([281], "a token id must be from 0 to 280, got 281"),
        ([5] * 60, "at most 59 tokens for this model, but 60"),
    ],
)
def test_tokens_that_are_none_or_too_many_are_refused(translator, begin, message):
    with pytest.raises(InputError, match=message):
        translator.translate([TEXT], begin_ids=begin)
