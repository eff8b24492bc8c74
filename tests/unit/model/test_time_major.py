"""The order in which a recurrent network reads: all first tokens, then all second ones."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence

from manyheads.batches.packed import Lengths
from manyheads.model.time_major import TimeMajor


def order(*lengths):
    return TimeMajor(Lengths(lengths), torch.device("cpu"))


def test_first_tokens_come_first_those_of_longer_sequences_before():
    """Lengths 2, 3, 1 are tokens 0-1, 2-4 and 5; the longest first: the sequences 1, 0, 2."""
    read = order(2, 3, 1)
    assert read.order.tolist() == [1, 0, 2]
    assert read.counts == (3, 2, 1)
    assert read.tokens.tolist() == [2, 0, 5, 3, 1, 4]


def test_equal_lengths_keep_their_order():
    assert order(2, 2, 3, 2).order.tolist() == [2, 0, 1, 3]


def test_it_is_the_order_that_torch_packs_in():
    lengths, hidden = (2, 5, 1, 5, 3), torch.randn(16, 7)
    ours = order(*lengths).read(hidden)
    theirs = pack_sequence(list(hidden.split(lengths)), enforce_sorted=False)
    assert torch.equal(ours.batch_sizes, theirs.batch_sizes)
    assert torch.equal(ours.data, theirs.data)


def test_back_undoes_read():
    hidden, read = torch.randn(11, 3), order(4, 1, 6)
    assert torch.equal(read.back(read.read(hidden).data), hidden)


def test_each_sequence_is_read_as_if_it_were_alone():
    lengths, hidden, network = (2, 5, 1), torch.randn(8, 3), nn.GRU(3, 4, bidirectional=True)
    read = order(*lengths)
    together = read.back(network(read.read(hidden))[0].data)
    alone = torch.cat([network(part)[0] for part in hidden.split(lengths)])
    torch.testing.assert_close(together, alone)
