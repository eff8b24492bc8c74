"""Marian's names for our parameters: total, one-to-one, and a layer of each written out."""

import itertools

import pytest
import torch

from manyheads.checkpoint.marian_names import copies, translator_names
from manyheads.checkpoint.parameters import parameters_of
from manyheads.model.build import build_transformer
from manyheads.recipes.schema import Model

TIES = ("all", "output", "none")


def names_of(tie, *, bias=True):
    model = Model(
        d_model=6,
        d_ff=5,
        num_heads=3,
        num_encoder_layers=2,
        num_decoder_layers=3,
        max_length=7,
        tie_embeddings=tie,
        output_bias=bias,
    )
    with torch.device("meta"):
        own = parameters_of(build_transformer(model, src_vocab_size=11, tgt_vocab_size=11))
    return translator_names(model), own, model


@pytest.mark.parametrize(("tie", "bias"), [*itertools.product(TIES, (False, True))])
def test_every_parameter_has_one_name(tie, bias):
    names, own, _ = names_of(tie, bias=bias)
    assert names.keys() == own.keys()
    assert len(set(names.values())) == len(names)


def test_a_decoder_layer_written_out():
    names, _, _ = names_of("all")
    ours, theirs = "decoder.layers.2.", "model.decoder.layers.2."
    assert {
        name.removeprefix(ours).removesuffix(".weight"): named.removeprefix(theirs).removesuffix(".weight")
        for name, named in names.items()
        if name.startswith(ours) and name.endswith("weight")
    } == {
        "attention.query": "self_attn.q_proj",
        "attention.key": "self_attn.k_proj",
        "attention.value": "self_attn.v_proj",
        "attention.output": "self_attn.out_proj",
        "attention_residual.norm": "self_attn_layer_norm",
        "cross_attention.query": "encoder_attn.q_proj",
        "cross_attention.key": "encoder_attn.k_proj",
        "cross_attention.value": "encoder_attn.v_proj",
        "cross_attention.output": "encoder_attn.out_proj",
        "cross_attention_residual.norm": "encoder_attn_layer_norm",
        "feedforward.widen": "fc1",
        "feedforward.narrow": "fc2",
        "feedforward_residual.norm": "final_layer_norm",
    }


@pytest.mark.parametrize(
    ("tie", "matrices"),
    [
        ("all", {"model.shared.weight"}),
        ("output", {"model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"}),
        (
            "none",
            {"model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight"},
        ),
    ],
)
def test_matrices_over_the_vocabulary(tie, matrices):
    names, _, model = names_of(tie)
    layers = {name for name in names.values() if ".layers." in name}
    assert set(names.values()) - layers == matrices | {"final_logits_bias"}
    assert set(copies(model)) | matrices >= {"model.encoder.embed_tokens.weight", "lm_head.weight"}
    assert set(copies(model).values()) <= matrices
    assert not set(copies(model)) & matrices
