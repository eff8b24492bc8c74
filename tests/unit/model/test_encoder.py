"""The encoder puts its parts in order."""

import pytest
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


@pytest.mark.parametrize("norm_first", [False, True])
def test_layer_by_layer_ends_with_the_encoders_answer(norm_first, make_model):
    encoder, batch = make_model(norm_first=norm_first).encoder, pack([[3, 4, 5], [6, 7]])
    with torch.no_grad():
        layers = encoder.layer_by_layer(batch)
        assert torch.equal(layers[0], encoder.embedding.embed(batch))
        assert torch.equal(layers[1], encoder.layers[0](layers[0], Layout(batch.lengths, batch.lengths)))
        assert torch.equal(layers[2], encoder(batch))
    assert len(layers) == 3
