"""What Marian's files say: read into our words, and refused by name where we lack it."""

from pathlib import Path

import pytest

from manyheads.checkpoint.marian_config import marian_config, marian_generation, read_marian_config
from manyheads.errors import ModelError
from manyheads.recipes.schema import Decoding
from manyheads.text.subwords import PairSpecials, SpecialIds

SPECIAL = SpecialIds(begin=58, end=0, unknown=1, barred=(58,))
PAIR = PairSpecials(SPECIAL, SPECIAL)
CONFIG = {
    "architectures": ["MarianMTModel"],
    "model_type": "marian",
    "activation_function": "swish",
    "d_model": 6,
    "decoder_attention_heads": 3,
    "decoder_ffn_dim": 11,
    "decoder_layers": 4,
    "decoder_start_token_id": 58,
    "encoder_attention_heads": 3,
    "encoder_ffn_dim": 11,
    "encoder_layers": 2,
    "eos_token_id": 0,
    "max_position_embeddings": 53,
    "pad_token_id": 58,
    "scale_embedding": True,
    "static_position_embeddings": True,
    "vocab_size": 59,
}
GENERATION = {
    "bad_words_ids": [[58]],
    "decoder_start_token_id": 58,
    "eos_token_id": 0,
    "forced_eos_token_id": 0,
    "max_length": 17,
    "num_beams": 4,
    "renormalize_logits": True,
}


def read(config=None, generation=None, **more):
    merged = CONFIG | (config or {})
    said = None if generation == "none" else GENERATION | (generation or {})
    return read_marian_config(
        merged, said, PAIR, Path("folder") / "config.json", **({"output_bias": True} | more)
    )


def test_sizes_are_in_our_words():
    config = read(languages=("en", "de"))
    model = config.model
    assert (config.tokenizer, config.src_vocab_size, config.tgt_vocab_size) == ("marian", 59, 59)
    assert (config.src_language, config.tgt_language, config.alignment_layer) == ("en", "de", 2)
    assert (model.d_model, model.d_ff, model.num_heads, model.max_length) == (6, 11, 3, 53)
    assert (model.num_encoder_layers, model.num_decoder_layers, model.activation) == (2, 4, "silu")
    assert (model.positions, model.norm_first) == ("sinusoidal_halves", False)
    assert (model.scale_embedding, model.output_bias, model.tie_embeddings) == (True, True, "all")


def test_generation_is_in_our_words():
    """17 ids with the one that a decoder begins with are 16 of a translation."""
    assert read().decoding == Decoding(
        beam=4,
        length_penalty=1.0,
        max_length_factor=0.0,
        max_length_extra=16,
        force_end=True,
        renormalize=True,
    )
    longer = read(generation={"max_new_tokens": 23, "length_penalty": 0.6, "forced_eos_token_id": None})
    assert (longer.decoding.max_length_extra, longer.decoding.length_penalty) == (23, 0.6)
    assert not longer.decoding.force_end


def test_an_old_config_says_how_to_generate_itself():
    config = read({"num_beams": 6, "max_length": 41, "bad_words_ids": [[58]]}, "none")
    assert (config.decoding.beam, config.decoding.max_length_extra, config.decoding.force_end) == (
        6,
        40,
        True,
    )


def test_what_nobody_says_is_as_in_generate_but_for_the_longest_output():
    decoding = read_marian_config(CONFIG, {}, PAIR, Path("config.json"), output_bias=False).decoding
    assert decoding == Decoding(beam=1)


@pytest.mark.parametrize(
    ("words", "tie", "sizes"),
    [
        ({}, "all", (59, 59)),
        ({"share_encoder_decoder_embeddings": False, "decoder_vocab_size": 61}, "output", (59, 61)),
        ({"share_encoder_decoder_embeddings": False, "tie_word_embeddings": False}, "none", (59, 59)),
    ],
)
def test_embeddings_are_shared_as_said_there_and_back(words, tie, sizes):
    config = read(words)
    assert config.model.tie_embeddings == tie
    assert (config.src_vocab_size, config.tgt_vocab_size) == sizes
    back = marian_config(config, PAIR)
    assert {key: back[key] for key in words} == words
    assert (
        read_marian_config(back, marian_generation(config, PAIR), PAIR, Path("config.json"), output_bias=True)
        == config
    )


def test_a_limit_that_grows_with_the_source_becomes_the_models_own():
    config = read().model_copy(update={"decoding": Decoding()})
    said = marian_generation(config, PAIR)
    assert (said["max_length"], said["num_beams"], said["forced_eos_token_id"]) == (53, 5, None)
    assert said["bad_words_ids"] == [[58]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"static_position_embeddings": False}, "static_position_embeddings must be true, and is false"),
        ({"normalize_before": True}, "normalize_before must be false, and is true"),
        ({"normalize_embedding": True}, "normalize_embedding must be false, and is true"),
        ({"add_final_layer_norm": True}, "add_final_layer_norm must be false, and is true"),
        (
            {"activation_function": "reul"},
            "activation_function must be .* and is \"reul\"; did you mean 'relu'",
        ),
        ({"decoder_ffn_dim": 13}, "encoder_ffn_dim and decoder_ffn_dim must be the same, and are 11 and 13"),
        ({"decoder_attention_heads": 2}, "must be the same, and are 3 and 2"),
        ({"tie_word_embeddings": False}, "tie_word_embeddings must be true where share_encoder_decoder"),
        ({"architectures": ["MarianForCausalLM"]}, "must name MarianMTModel, and names 'MarianForCausalLM'"),
        ({"eos_token_id": 2}, r"eos_token_id must be the vocabulary's </s>, 0, and is 2"),
        ({"d_model": 7}, "d_model must be a multiple of num_heads, but 7 / 3"),
        ({"max_length": "long", "num_beams": 0.5}, r"num_beams: .*integer.*; max_length: .*integer"),
        ({"encoder_layers": "two"}, "encoder_layers: input should be a valid integer"),
    ],
)
def test_a_model_that_calculates_otherwise_is_refused_by_name(words, message):
    # What generation_config.json repeats would hide what config.json says.
    generation = {key: words[key] for key in words.keys() & GENERATION.keys()}
    with pytest.raises(ModelError, match=message):
        read(words, generation)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"early_stopping": True}, "early_stopping must be false, and is true"),
        ({"no_repeat_ngram_size": 3}, "no_repeat_ngram_size must be 0, and is 3"),
        ({"do_sample": True}, "do_sample must be false, and is true"),
        (
            {"bad_words_ids": [[5]]},
            r"bad_words_ids must be \[\[58\]\], the vocabulary's <pad>, and is \[\[5\]\]",
        ),
        (
            {"decoder_start_token_id": 5},
            "decoder_start_token_id must be the vocabulary's <pad>, 58, and is 5",
        ),
        ({"forced_eos_token_id": 7}, "forced_eos_token_id must be the vocabulary's </s>, 0, and is 7"),
    ],
)
def test_a_setting_of_generate_that_we_lack_is_refused_by_name(words, message):
    with pytest.raises(ModelError, match=rf"generation_config\.json: {message}"):
        read(generation=words)


def test_missing_sizes_are_named():
    with pytest.raises(ModelError, match=r"config\.json must give d_model, vocab_size"):
        read_marian_config(
            {key: value for key, value in CONFIG.items() if key not in ("d_model", "vocab_size")},
            GENERATION,
            PAIR,
            Path("config.json"),
            output_bias=True,
        )
