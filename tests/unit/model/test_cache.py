"""What a search remembers, filled and selected by hand."""

import torch

from manyheads.batches.packed import Lengths
from manyheads.model.cache import DecoderState, MemoryKeys, OwnKeys


def of(*values):
    """One number a row, as keys of two heads of width 5."""
    return torch.tensor(values, dtype=torch.float32)[:, None, None, None].expand(-1, 2, 1, 5)


def empty(rows, layers=3):
    return OwnKeys.empty(rows=rows, like=torch.zeros(layers, 2, rows, 2, 7, 5))


def seen(keys):
    """The number of each row at each step."""
    return keys[:, 0, :, 0].tolist()


def test_each_layer_sees_its_own_tokens_so_far():
    own = empty(2)
    for step in range(3):
        for layer in range(3):
            number = 100 * layer + 10 * step
            keys, values = own.add(layer, of(number, number + 1), -of(number, number + 1))
            wanted = [[100 * layer + 10 * s + row for s in range(step + 1)] for row in range(2)]
            assert seen(keys) == wanted
            assert seen(-values) == wanted
        own = own.advanced()
    assert own.steps == 3


def test_room_is_made_when_the_kept_room_is_full():
    """Room for 32 steps is there at first; 70 steps need two more rooms."""
    own = empty(1, layers=1)
    for step in range(70):
        keys, _ = own.add(0, of(step), of(step))
        own = own.advanced()
    assert seen(keys) == [list(range(70))]


def test_selected_hypotheses_are_copies_that_go_their_own_ways():
    own = empty(2, layers=1)
    own.add(0, of(1, 2), of(1, 2))
    own = own.advanced().select(torch.tensor([1, 0, 1]))
    keys, _ = own.add(0, of(3, 4, 5), of(3, 4, 5))
    assert seen(keys) == [[2, 3], [1, 4], [2, 5]]


def test_the_memory_is_kept_once_a_sentence_and_padding_is_not_looked_at():
    """Sentences of 2 and 3 tokens, two heads of one number: head 0 gets the even numbers."""
    flat = torch.arange(10.0).view(5, 2)
    memory = MemoryKeys.build([(flat, -flat), (flat + 100, flat)], Lengths((2, 3)), 2)
    key, value = memory.layer(0)
    assert key[:, 0, :, 0].tolist() == [[0, 2, 0], [4, 6, 8]]
    assert key[1, 1, :, 0].tolist() == [5, 7, 9]
    assert torch.equal(value, -key)
    assert memory.layer(1)[0][1, 0, :, 0].tolist() == [104, 106, 108]
    assert memory.may_look.int().tolist() == [[[[1, 1, 0]]], [[[1, 1, 1]]]]


def test_sentences_of_one_length_need_no_mask():
    flat = torch.zeros(6, 2)
    assert MemoryKeys.build([(flat, flat)], Lengths((3, 3)), 2).may_look is None


def state_of(rows, lengths):
    flat = torch.arange(float(lengths.total))[:, None].expand(-1, 10)
    memory = MemoryKeys.build([(flat, flat)], lengths, 2)
    return DecoderState(OwnKeys.empty(rows=len(rows), like=memory.block), memory, torch.tensor(rows))


def test_a_sentence_without_a_hypothesis_leaves_with_its_memory():
    """Sentences of 2, 1 and 3 tokens: after the second has left, the first and the third remain."""
    state = state_of([0, 0, 1, 1, 2, 2], Lengths((2, 1, 3)))
    state.own.add(0, of(1, 2, 3, 4, 5, 6), of(1, 2, 3, 4, 5, 6))
    state = DecoderState(state.own.advanced(), state.memory, state.sentence_of_row)
    chosen = state.select(torch.tensor([1, 1, 5, 4]))
    assert chosen.sentence_of_row.tolist() == [0, 0, 1, 1]
    assert chosen.memory.layer(0)[0][:, 0, :, 0].tolist() == [[0, 1, 0], [3, 4, 5]]
    assert chosen.memory.may_look.int().flatten(1).tolist() == [[1, 1, 0], [1, 1, 1]]
    keys, _ = chosen.own.add(0, of(7, 8, 9, 10), of(7, 8, 9, 10))
    assert seen(keys) == [[2, 7], [2, 8], [6, 9], [5, 10]]


def test_the_last_sentences_leave_too():
    chosen = state_of([0, 1, 2], Lengths((2, 1, 3))).select(torch.tensor([0]))
    assert chosen.memory.block.shape[2] == 1
    assert chosen.sentence_of_row.tolist() == [0]


def test_the_memory_is_not_copied_while_all_sentences_stay():
    state = state_of([0, 1, 2], Lengths((2, 1, 3)))
    assert state.select(torch.tensor([0, 0, 1, 1, 2, 2])).memory is state.memory
