"""The whole network's protocol; what it calculates stands in `tests/parity` and `tests/property`."""

import pytest
import torch

from manyheads.batches.packed import pack
from manyheads.inference.decoding import Decoder


@pytest.fixture
def model(make_model):
    return make_model()


SRC, TGT = pack([[3, 4, 5], [6, 2], [7, 8]]), pack([[1, 9], [1, 10, 11], [1]])


def test_forward_is_encode_decode_project(model):
    with torch.no_grad():
        memory = model.encode(SRC)
        hidden = model.decode(TGT, memory, SRC.lengths)
        assert (memory.shape, hidden.shape) == ((7, 42), (6, 42))
        logits = model.project(hidden)
        assert logits.shape == (6, 43)
        assert torch.equal(model(SRC, TGT), logits)


def test_a_search_may_use_it(model):
    assert isinstance(model, Decoder)


def test_the_source_is_read_by_encoder_and_the_targets_own_sentence_only(model):
    """Sentence 2 changes: the logits of sentences 0 and 1 do not."""
    with torch.no_grad():
        before = model(SRC, TGT)
        after = model(pack([[3, 4, 5], [6, 2], [20, 21]]), TGT)
    torch.testing.assert_close(before[:5], after[:5])
    assert not torch.allclose(before[5], after[5], atol=1e-3)


def test_begin_gives_one_row_a_sentence(model):
    with torch.no_grad():
        state = model.begin(model.encode(SRC), SRC.lengths)
        logits, state = model.advance(state, torch.tensor([1, 1, 1]))
    assert logits.shape == (3, 43)
    assert state.sentence_of_row.tolist() == [0, 1, 2]
    assert state.own.steps == 1


def test_a_search_goes_on_beyond_the_room_kept_at_first(model):
    """40 steps; 32 are kept room for. The last logits are those of the uncached network."""
    ids = [1, *range(3, 42)]
    with torch.no_grad():
        source = pack([[3, 4, 5]])
        state = model.begin(model.encode(source), source.lengths)
        for token in ids:
            logits, state = model.advance(state, torch.tensor([token]))
        torch.testing.assert_close(logits, model(source, pack([ids]))[-1:], rtol=0, atol=1e-5)


def test_a_search_in_bfloat16_keeps_its_keys_in_bfloat16(model):
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        state = model.begin(model.encode(SRC), SRC.lengths)
        logits, state = model.advance(state, torch.tensor([1, 1, 1]))
        logits, state = model.advance(model.select(state, torch.tensor([0, 0, 2, 2])), torch.full((4,), 5))
    assert state.own.block.dtype == state.memory.block.dtype == torch.bfloat16
    with torch.no_grad():
        exact = model(pack([[3, 4, 5], [7, 8]]), pack([[1, 5], [1, 5]]))[1::2]
    cosine = torch.nn.functional.cosine_similarity(logits[::2].float(), exact)
    assert cosine.min() >= 0.9995
