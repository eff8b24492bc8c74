"""A layer that is skipped: the stack without it, and the stack as it was afterwards."""

import pytest
import torch

from manyheads.batches.packed import Layout, pack
from manyheads.experiments.layer_study import skip_layer, study_layers


def test_the_next_layer_reads_what_the_skipped_one_would_have_read(make_model):
    encoder = make_model(num_encoder_layers=3).encoder
    batch = pack([[3, 4, 5], [6, 7]])
    layout = Layout(batch.lengths, batch.lengths)
    first, _, last = encoder.layers
    expected = encoder.final_norm(last(first(encoder.embedding.embed(batch), layout), layout))
    with skip_layer(encoder, 1):
        found = encoder(batch)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_a_stack_of_one_layer_hands_on_what_was_embedded(make_model):
    encoder = make_model(num_encoder_layers=1).encoder
    batch = pack([[3, 4, 5, 6]])
    with skip_layer(encoder, 0):
        found = encoder(batch)
    torch.testing.assert_close(found, encoder.final_norm(encoder.embedding.embed(batch)), rtol=0, atol=0)


def test_the_layer_is_there_again_even_after_an_error(make_model):
    decoder = make_model(num_decoder_layers=2).decoder
    before, names = decoder.layers, set(decoder.state_dict())
    with pytest.raises(IndexError), skip_layer(decoder, 0):
        decoder.layers[1]
    assert decoder.layers is before
    assert set(decoder.state_dict()) == names


def test_what_has_no_layers_is_not_studied(make_translator):
    translator = make_translator()
    translator.model = torch.nn.Linear(1, 1)
    with pytest.raises(TypeError, match="layers are skipped in a Transformer, but this is a Linear"):
        study_layers(translator, None, quick=True)
