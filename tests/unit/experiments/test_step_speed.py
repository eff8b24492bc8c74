"""Batches of which every length has as many tokens."""

from manyheads.experiments.step_speed import draw_batch
from manyheads.text.tokenizer import OUR_PAIR


def test_a_batch_has_equal_lengths_with_the_end_token_in_them():
    batch = draw_batch(7, sequences=3, vocab_size=40)
    assert batch.src.lengths.values == batch.tgt.lengths.values == (7, 7, 7)
    assert batch.src.unpack()[2][-1] == OUR_PAIR.src.end
    assert int(batch.src.token_ids.max()) < 40
