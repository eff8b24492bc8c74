"""The decoder over whole targets and a step at a time: the same parts, the same positions."""

import torch

from manyheads.batches.packed import Layout, pack


def test_embedding_then_layers_then_the_last_norm(make_model):
    decoder = make_model(norm_first=True).decoder
    batch, lengths, memory = pack([[1, 4, 5], [1, 7]]), pack([[3] * 2, [3] * 3]).lengths, torch.randn(5, 42)
    own, across = Layout(batch.lengths, batch.lengths), Layout(batch.lengths, lengths)
    with torch.no_grad():
        hidden = decoder.embedding(batch.token_ids, torch.tensor([0, 1, 2, 0, 1]))
        for layer in decoder.layers:
            hidden = layer(hidden, memory, own, across)
        assert torch.equal(decoder(batch, memory, lengths), decoder.final_norm(hidden))


def test_each_step_stands_at_the_next_position(make_model, monkeypatch):
    decoder = make_model(positions="learned").decoder
    positions = []
    inner = decoder.embedding.forward
    monkeypatch.setattr(
        decoder.embedding, "forward", lambda ids, at: (positions.append(at.tolist()), inner(ids, at))[1]
    )
    lengths = pack([[3] * 2, [3] * 3]).lengths
    with torch.no_grad():
        state = decoder.begin(torch.randn(5, 42), lengths)
        for _ in range(3):
            _, state = decoder.advance(state, torch.tensor([4, 5]))
    assert positions == [[0, 0], [1, 1], [2, 2]]
