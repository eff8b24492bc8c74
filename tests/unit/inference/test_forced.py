"""A translation that is given is read as the model's own would be."""

import numpy as np
import pytest
import torch

from manyheads.batches.packed import pack
from manyheads.batches.translation import close_source
from manyheads.errors import InputError
from manyheads.inference.forced import force_translation
from manyheads.inference.load import load
from manyheads.inference.maps import attention_of
from manyheads.text.tokenizer import BOS_ID, EOS_ID, OUR_PAIR

SRC, TGT = "a dog runs", "ein Hund läuft"


@pytest.fixture
def translator(make_translator):
    return make_translator()


def step_by_step(translator, src_ids, tgt_ids):
    """Score each token, and the end token, as a search does: one cached step after the other."""
    src = close_source([np.asarray(src_ids, np.int64)], OUR_PAIR.src)
    log_probs = []
    with torch.inference_mode():
        state = translator.model.begin(translator.model.encode(src), src.lengths)
        for read, said in zip([BOS_ID, *tgt_ids], [*tgt_ids, EOS_ID], strict=True):
            logits, state = translator.model.advance(state, torch.tensor([read]))
            log_probs.append(logits.log_softmax(dim=1)[0, said].item())
    return log_probs


def test_every_token_is_scored_as_a_search_would_score_it(translator):
    src_ids = translator.src_tokenizer.encode_ids([SRC])[0]
    tgt_ids = translator.tgt_tokenizer.encode_ids([TGT])[0]
    expected = step_by_step(translator, src_ids, tgt_ids)
    forced = force_translation(translator, SRC, TGT)
    assert forced.log_probs == pytest.approx(expected, abs=1e-5)
    assert forced.score == pytest.approx(sum(expected) / len(expected), abs=1e-5)
    assert forced.token_ids == tuple(tgt_ids)


def test_tokens_maps_and_links_are_those_of_the_given_pair(translator):
    forced = force_translation(translator, f" {SRC}\n", TGT)
    assert (forced.text, "".join(forced.tokens)) == (TGT, TGT)
    assert forced.src_tokens == tuple(translator.src_tokenizer.pieces(SRC))
    src_ids = translator.src_tokenizer.encode_ids([SRC])[0]
    cpu = torch.device("cpu")
    expected = attention_of(translator.model, [src_ids], [list(forced.token_ids)], OUR_PAIR, cpu)[0]
    for kind, weights in forced.attention.kinds().items():
        np.testing.assert_array_equal(weights, expected.kinds()[kind])
    assert {tgt for _, tgt in forced.alignment} == {0, 1, 2}
    assert {src for src, _ in forced.alignment} <= {0, 1, 2}


@pytest.mark.parametrize(("src", "tgt", "side"), [(" ", TGT, "source"), (SRC, "\n", "target")])
def test_an_empty_side_is_named(translator, src, tgt, side):
    with pytest.raises(InputError) as error:
        force_translation(translator, src, tgt)
    assert str(error.value) == f"the {side} must hold at least one token, but '' holds none"


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_side_that_is_too_long_is_counted(translator, side):
    long = "x" * (translator.max_tokens + 1)
    with pytest.raises(InputError) as error:
        force_translation(translator, *((long, TGT) if side == "source" else (SRC, long)))
    limit = translator.max_tokens
    assert str(error.value) == (
        f"the {side} may have at most {limit} tokens for this model, but has {limit + 1}; give it in parts"
    )


def test_a_published_models_target_is_read_as_it_writes_it(marian_folder):
    """From padding to its own end: the numbers are those that the pieces are labelled with."""
    translator = load(marian_folder, device="cpu")
    forced = force_translation(translator, "a dog runs", "ein Hund")
    (tgt_ids,), (src_ids,) = (
        translator.tgt_tokenizer.encode_ids(["ein Hund"]),
        translator.src_tokenizer.encode_ids(["a dog runs"]),
    )
    begin = translator.tgt_tokenizer.vocab_size - 1
    with torch.no_grad():
        scores = translator.model(pack([[*src_ids, 0]]), pack([[begin, *tgt_ids]])).log_softmax(dim=1)
    expected = [scores[step, token].item() for step, token in enumerate([*tgt_ids, 0])]
    assert forced.log_probs == pytest.approx(expected, abs=1e-5)
    assert (forced.text, "".join(forced.tokens)) == ("ein Hund", "ein Hund")
    assert forced.attention.cross.shape == (1, 3, len(tgt_ids) + 1, len(src_ids) + 1)
