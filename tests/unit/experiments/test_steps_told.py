"""What is said of training steps; all sizes are made up."""

from manyheads.experiments.report import Picture, markdown
from manyheads.experiments.step_speed import RECURRENT, TRANSFORMER
from manyheads.experiments.steps_told import step_parts


def words_of(memory):
    """Tell of steps of 64 tokens a batch; `memory` has the recurrent translator's bytes at each length."""
    rows = [
        {
            "length": length,
            "seconds": {TRANSFORMER: [1.0]} | ({} if size is None else {RECURRENT: [2.0]}),
            "memory": {TRANSFORMER: 5_000_000} | ({} if size is None else {RECURRENT: size}),
        }
        for length, size in memory.items()
    ]
    names = (RECURRENT, TRANSFORMER)
    race = {"threads": 1, "parameters": dict.fromkeys(names, 9), "rows": rows, "left_out": []}
    steps = {"sizes": dict.fromkeys(names, "small"), "vocab_size": 50, "tokens": 64, "races": [race]}
    return "\n\n".join(markdown(part) for part in step_parts(steps) if not isinstance(part, Picture))


def test_all_that_grows_with_the_length_is_told():
    """From 4 to 16 tokens, of 64: 16 and 4 sentences, 256 and 1,024 pairs; 7,680 bytes more are 10 a pair."""
    words = words_of({4: 2_000_000, 8: 2_002_560, 16: 2_007_680, 32: None})
    assert "This is no test of waiting alone." in words
    assert "From 4 to 16 tokens several things change together" in words
    assert "grow from 4 to 16, and the sentences that share a step fall from 16 to 4;" in words
    assert "the pairs grow from 256 to 1,024; memory goes from 2.00 to 2.01 MB" in words
    assert "the Transformer's from 5.00 to 5.00" in words
    assert "That is 10.0 bytes for each further pair" in words


def test_one_length_alone_grows_in_nothing():
    words = words_of({4: 2_000_000, 8: None})
    assert "This is no test of waiting alone." in words
    assert "several things change" not in words
