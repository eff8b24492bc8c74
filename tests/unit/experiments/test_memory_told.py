"""What is said of layers' memory; all sizes are made up."""

import pytest

from manyheads.experiments.layer_speed import ATTENTION, NAMES, RECURRENT
from manyheads.experiments.memory_told import longest_by_steps, memory_parts
from manyheads.experiments.report import Picture, markdown

SIZES = {"d_model": 6, "num_heads": 2, "d_ff": 10}
LENGTHS = (64, 128, 256, 512)


def race_of(attention, *, lengths=LENGTHS, sequences=1, threads=1):
    """Make a race: self-attention takes what is said, in MB, and all others take 10,000 bytes a token."""
    rows = []
    for length, size in zip(lengths, attention, strict=True):
        memory = dict.fromkeys(NAMES, 1e4 * length) | {ATTENTION: size and 1e6 * size}
        rows.append({"length": length, "memory": {name: each for name, each in memory.items() if each}})
    return {"sequences": sequences, "threads": threads, "both": {"rows": rows}}


def words_of(*layers):
    parts = memory_parts(SIZES, layers)
    return "\n\n".join(markdown(part) for part in parts if not isinstance(part, Picture))


def test_plain_products_are_taken_up_to_the_models_own_limit():
    """The model takes them up to 128 times 128 pairs."""
    assert longest_by_steps(LENGTHS) == 128
    assert longest_by_steps((127, 128, 129)) == 128
    assert longest_by_steps((512, 1024)) == 0


def test_growth_is_told_where_the_fused_kernel_is_taken():
    """From 256 to 512 tokens 2.56 to 5.12 MB and 4 to 7 MB: 2.00 and 1.75; at the end 7 of 5.12 MB, 1.37."""
    words = words_of(race_of([1.0, 3.0, 4.0, 7.0]))
    assert (
        "With 1 sequence each doubling of the length, from 256 tokens on, multiplies memory by 2.00" in words
    )
    assert f"2.00 (*{RECURRENT}*)" in words
    assert f"1.75 (*{ATTENTION}*)" in words
    assert "At 512 tokens self-attention takes 1.37 times what the recurrent layer takes." in words


def test_weights_that_were_kept_are_calculated():
    """3 sequences, 2 heads, 512 · 512 pairs, 4 bytes: 6,291,456."""
    words = words_of(race_of([1.0, 3.0, 4.0, 7.0], sequences=3))
    assert "6.29 MB with 3 sequences of 512 tokens, beside 7.00 MB that were measured in all" in words


def test_the_bend_is_told_where_there_is_one():
    """3/1 up to 128 tokens, 4/3 behind; with five sequences 2/1 and 6/2, which bends the other way."""
    words = words_of(race_of([1.0, 3.0, 4.0, 7.0]), race_of([1.0, 2.0, 6.0, 9.0], sequences=5))
    bend = "with 1 sequence by a factor of 3.00 from 64 to 128 tokens and of 1.33 from there to 256."
    assert f"so the curve bends there, {bend}" in words
    assert "with 5 sequences by a factor" not in words


def test_a_curve_without_a_bend_is_told_as_it_is():
    words = words_of(race_of([1.0, 2.0, 6.0, 9.0]))
    assert "and they keep the weights." in words
    assert "bends" not in words


@pytest.mark.parametrize(("lengths", "attention"), [((32, 64), [1.0, 2.0]), ((128, 256), [1.0, None])])
def test_lengths_that_are_all_short_are_told_as_they_are(lengths, attention):
    words = words_of(race_of(attention, lengths=lengths))
    assert "These lengths are so short that plain products" in words
    assert "fused kernel" not in words


def test_threads_change_no_memory_and_the_fewest_are_looked_at():
    words = words_of(race_of([1.0, 3.0, 4.0, 7.0], threads=2), race_of([1.0, 3.0, 4.0, 6.0], threads=1))
    assert words.count("1 sequence, MB:") == 1
    assert "beside 6.00 MB" in words
