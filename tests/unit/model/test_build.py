"""From a configuration to a network: which parameters there are is a contract with every stored model."""

import pytest
import torch
from torch import nn

from manyheads.batches.packed import pack
from manyheads.model.build import build_transformer, build_translator
from manyheads.model.embedding import Embedding
from manyheads.recipes.schema import Recurrent

ATTENTION = [f"{part}.{what}" for part in ("query", "key", "value", "output") for what in ("weight", "bias")]
NORM = ["norm.weight", "norm.bias"]
FEEDFORWARD = [f"{part}.{what}" for part in ("widen", "narrow") for what in ("weight", "bias")]


def layer(*, cross):
    """List a layer's parameters in the order in which they were built."""
    names = [f"attention.{name}" for name in ATTENTION] + [f"attention_residual.{name}" for name in NORM]
    if cross:
        names += [f"cross_attention.{name}" for name in ATTENTION]
        names += [f"cross_attention_residual.{name}" for name in NORM]
    names += [f"feedforward.{name}" for name in FEEDFORWARD]
    return names + [f"feedforward_residual.{name}" for name in NORM]


LAYERS = [f"encoder.layers.{n}.{name}" for n in range(2) for name in layer(cross=False)]
DECODER_LAYERS = [f"decoder.layers.{n}.{name}" for n in range(3) for name in layer(cross=True)]
SRC, TGT = "encoder.embedding.tokens.weight", "decoder.embedding.tokens.weight"


def names(model):
    return [name for name, _ in model.named_parameters()]


@pytest.mark.parametrize(
    ("tie", "embeddings"),
    [
        ("none", ([SRC], [TGT], ["output.weight"])),
        ("output", ([SRC], [TGT], [])),
        ("all", ([SRC], [], [])),
    ],
)
def test_parameter_names_are_frozen(tie, embeddings, make_model):
    src, tgt, output = embeddings
    assert names(make_model(tie_embeddings=tie)) == src + LAYERS + tgt + DECODER_LAYERS + output


def test_norms_first_end_each_stack_in_a_norm_of_its_own(make_model):
    final = {f"{stack}.final_norm.{what}" for stack in ("encoder", "decoder") for what in ("weight", "bias")}
    assert set(names(make_model(norm_first=True))) - set(names(make_model())) == final


def test_learned_positions_are_parameters_of_both_stacks(make_model):
    learned = {f"{stack}.embedding.positions.weight" for stack in ("encoder", "decoder")}
    assert set(names(make_model(positions="learned"))) - set(names(make_model())) == learned


def test_a_bias_of_the_output_is_one_parameter_more(make_model):
    assert names(make_model(output_bias=True)) == [*names(make_model()), "output.bias"]
    assert tuple(make_model(output_bias=True).output.bias.shape) == (43,)


def test_the_shapes_are_the_configurations(make_model):
    shapes = {name: tuple(parameter.shape) for name, parameter in make_model().named_parameters()}
    assert shapes[SRC] == (41, 42)
    assert shapes[TGT] == shapes["output.weight"] == (43, 42)
    assert shapes["decoder.layers.2.cross_attention.key.weight"] == (42, 42)
    assert shapes["encoder.layers.1.feedforward.widen.weight"] == (37, 42)
    assert shapes["encoder.layers.1.feedforward.narrow.weight"] == (42, 37)


def test_the_number_of_parameters_is_that_of_the_sum_worked_out_by_hand(make_model):
    """With d = 42 and f = 37: attention 4 (d d + d) = 7224, feed-forward 2 d f + f + d = 3187, norm 2 d = 84.

    Encoder layers 2 (7224 + 3187 + 2 * 84) = 21158; decoder layers 3 (2 * 7224 + 3187 + 3 * 84) = 53661;
    embeddings 41 d + 43 d = 3528; output 43 d = 1806.
    """
    count = sum(parameter.numel() for parameter in make_model().parameters())
    assert count == 21158 + 53661 + 3528 + 1806


@pytest.mark.parametrize(
    ("tie", "one"), [("none", (False, False)), ("output", (False, True)), ("all", (True, True))]
)
def test_tied_matrices_are_one_in_memory(tie, one, make_model):
    model = make_model(tie_embeddings=tie)
    src, tgt = (part.embedding.tokens.weight for part in (model.encoder, model.decoder))
    assert (src is tgt, model.output.weight is tgt) == one


def test_one_embedding_cannot_serve_two_vocabularies(sizes):
    with pytest.raises(ValueError, match=r"one embedding serves one vocabulary, but the sizes are 41, 43"):
        build_transformer(sizes(tie_embeddings="all"), src_vocab_size=41, tgt_vocab_size=43)


def test_every_dropout_has_the_configured_share(make_model):
    model = make_model(dropout=0.3, attention_dropout=0.2)
    shares = [module.share for module in model.modules() if hasattr(module, "share")]
    assert shares == [0.3] * (1 + 2 * 2 + 1 + 3 * 3)
    assert {module.dropout for module in model.modules() if hasattr(module, "num_heads")} == {0.2}


def test_layers_know_their_kind_and_place(make_model):
    places = [(m.kind, m.layer) for m in make_model().modules() if hasattr(m, "num_heads")]
    encoder = [("encoder", 0), ("encoder", 1)]
    assert places == encoder + [(kind, n) for n in range(3) for kind in ("decoder", "cross")]


def test_each_part_is_built_as_asked(make_model):
    unscaled = make_model(positions="sinusoidal_halves", scale_embedding=False).decoder.embedding
    assert (unscaled.scale, unscaled.sinusoids[0, :21].sum()) == (1.0, 0.0)
    model = make_model(activation="gelu", positions="learned", max_length=53)
    assert model.max_length == 53
    assert model.encoder.layers[0].feedforward(torch.full((1, 42), -1.0)).isfinite().all()
    embeddings = [module for module in model.modules() if isinstance(module, Embedding)]
    assert [part.positions.num_embeddings for part in embeddings] == [53, 53]
    assert all(isinstance(stack.final_norm, nn.Identity) for stack in (model.encoder, model.decoder))


def test_one_layers_parameters_may_serve_in_all(make_model):
    """Each stack keeps the names of its first layer; the others' are the same tensors."""
    shared = make_model(share_layers=True)
    of_layers = [name for name in names(shared) if ".layers." in name]
    assert {name.split(".")[2] for name in of_layers} == {"0"}
    first, *others = shared.decoder.layers
    for other in others:
        assert other.cross_attention.query.weight is first.cross_attention.query.weight
        assert other.feedforward_residual.norm.bias is first.feedforward_residual.norm.bias
    assert [layer.cross_attention.layer for layer in shared.decoder.layers] == [0, 1, 2]


def test_without_positions_an_encoder_sees_a_set(make_model):
    """Reversing a sentence reverses what the encoder makes of it, and changes nothing else."""
    forward, backward = pack([[3, 4, 5, 6]]), pack([[6, 5, 4, 3]])
    for positions, a_set in (("none", True), ("sinusoidal", False)):
        model = make_model(positions=positions)
        with torch.no_grad():
            same = torch.allclose(model.encode(forward), model.encode(backward).flip(0), atol=1e-5)
        assert same is a_set


def test_the_recurrent_networks_parameter_names_are_frozen():
    model = build_translator(
        Recurrent(d_model=6, num_encoder_layers=1, num_decoder_layers=2), src_vocab_size=9, tgt_vocab_size=9
    )
    matrices = [f"{kind}_{which}" for kind in ("weight", "bias") for which in ("ih", "hh")]
    reading = [f"encoder.layers.0.network.{name}_l0{end}" for end in ("", "_reverse") for name in matrices]
    writing = [f"decoder.first.cell.{name}" for name in matrices]
    writing += [f"decoder.upper.0.network.{name}_l0" for name in matrices]
    looks = ("query.weight", "key.weight", "key.bias", "score.weight")
    asking = [f"decoder.attention.{name}" for name in looks]
    telling = [f"decoder.{part}.{name}" for part in ("start", "readout") for name in ("weight", "bias")]
    expected = ["encoder.embedding.tokens.weight", *reading, *writing, *asking, *telling]
    assert sorted(names(model)) == sorted(expected)
