"""Networks that are built to be filled draw nothing, and are otherwise the same."""

import torch

from manyheads.checkpoint.parameters import parameters_of
from manyheads.model.build import build_translator
from manyheads.model.undrawn import Undrawn
from manyheads.recipes.schema import Model, Recurrent


def build(sizes):
    return build_translator(sizes, src_vocab_size=31, tgt_vocab_size=31)


def test_chance_stands_where_it_stood():
    state = torch.get_rng_state()
    with Undrawn():
        build(Model(d_model=16, d_ff=16, num_heads=2, positions="learned"))
        build(Recurrent(d_model=16))
    assert torch.equal(torch.get_rng_state(), state)
    build(Recurrent(d_model=16))
    assert not torch.equal(torch.get_rng_state(), state)


def test_names_shapes_and_what_is_computed_are_the_usual_ones():
    sizes = Model(d_model=16, d_ff=16, num_heads=2)
    usual = build(sizes)
    with Undrawn():
        undrawn = build(sizes)
    shapes = [{name: each.shape for name, each in parameters_of(made).items()} for made in (usual, undrawn)]
    assert shapes[0] == shapes[1]
    torch.testing.assert_close(undrawn.encoder.embedding.sinusoids, usual.encoder.embedding.sinusoids)
