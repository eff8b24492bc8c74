"""The encoder puts its parts in order."""

import torch

from manyheads.batches.packed import Layout, pack


def test_embedding_then_layers_then_the_last_norm(make_model):
    encoder = make_model(norm_first=True).encoder
    batch = pack([[3, 4, 5], [6, 7]])
    layout = Layout(batch.lengths, batch.lengths)
    with torch.no_grad():
        hidden = encoder.embedding(batch.token_ids, torch.tensor([0, 1, 2, 0, 1]))
        for layer in encoder.layers:
            hidden = layer(hidden, layout)
        assert torch.equal(encoder(batch), encoder.final_norm(hidden))
        assert not torch.allclose(encoder(batch), hidden)
