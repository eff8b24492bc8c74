"""Parameters of a translator as `transformers`' MarianMTModel names them."""

from manyheads.recipes.schema import Model

_ATTENTION = {"query": "q_proj", "key": "k_proj", "value": "v_proj", "output": "out_proj"}
_ENCODER_LAYER = {
    **{f"attention.{ours}": f"self_attn.{theirs}" for ours, theirs in _ATTENTION.items()},
    "attention_residual.norm": "self_attn_layer_norm",
    "feedforward.widen": "fc1",
    "feedforward.narrow": "fc2",
    "feedforward_residual.norm": "final_layer_norm",
}
_DECODER_LAYER = {
    **_ENCODER_LAYER,
    **{f"cross_attention.{ours}": f"encoder_attn.{theirs}" for ours, theirs in _ATTENTION.items()},
    "cross_attention_residual.norm": "encoder_attn_layer_norm",
}
_SRC, _TGT = "encoder.embedding.tokens.weight", "decoder.embedding.tokens.weight"
_SHARED, _HEAD = "model.shared.weight", "lm_head.weight"
_THEIR_SRC, _THEIR_TGT = "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"
POSITIONS = ("model.encoder.embed_positions.weight", "model.decoder.embed_positions.weight")
"""Computed, and yet stored in old checkpoints."""


def translator_names(model: Model) -> dict[str, str]:
    """Name every parameter of a translator as Marian's checkpoints do.

    Args:
        model: The translator's sizes.

    Returns:
        Their names by ours, each once.
    """
    return {
        **_embeddings(model),
        **_layers("encoder", model.num_encoder_layers, _ENCODER_LAYER),
        **_layers("decoder", model.num_decoder_layers, _DECODER_LAYER),
        **({"output.bias": "final_logits_bias"} if model.output_bias else {}),
    }


def copies(model: Model) -> dict[str, str]:
    """Name what a checkpoint may hold a second time, since one matrix serves in several places.

    Args:
        model: The translator's sizes.

    Returns:
        The name of each copy, and of what it is a copy of.
    """
    if model.tie_embeddings == "all":
        return dict.fromkeys((_THEIR_SRC, _THEIR_TGT, _HEAD), _SHARED)
    return {_HEAD: _THEIR_TGT} if model.tie_embeddings == "output" else {}


def _embeddings(model: Model) -> dict[str, str]:
    if model.tie_embeddings == "all":
        return {_SRC: _SHARED}
    apart = {_SRC: _THEIR_SRC, _TGT: _THEIR_TGT}
    return apart if model.tie_embeddings == "output" else {**apart, "output.weight": _HEAD}


def _layers(stack: str, count: int, parts: dict[str, str]) -> dict[str, str]:
    return {
        f"{stack}.layers.{layer}.{ours}.{what}": f"model.{stack}.layers.{layer}.{theirs}.{what}"
        for layer in range(count)
        for ours, theirs in parts.items()
        for what in ("weight", "bias")
    }
