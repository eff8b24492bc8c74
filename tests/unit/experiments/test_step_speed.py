"""Batches of which every length has as many tokens."""

from manyheads.experiments.race import Limits
from manyheads.experiments.step_speed import RECURRENT, TRANSFORMER, Steps, draw_batch, time_steps
from manyheads.recipes.schema import Model, Recurrent
from manyheads.text.tokenizer import OUR_PAIR


def test_a_batch_has_equal_lengths_with_the_end_token_in_them():
    batch = draw_batch(7, sequences=3, vocab_size=40)
    assert batch.src.lengths.values == batch.tgt.lengths.values == (7, 7, 7)
    assert batch.src.unpack()[2][-1] == OUR_PAIR.src.end
    assert int(batch.src.token_ids.max()) < 40


def test_sentences_may_be_longer_than_a_translators_usual_limit():
    small = {"d_model": 8, "num_encoder_layers": 1, "num_decoder_layers": 1}
    steps = Steps(
        recurrent=Recurrent(**small),
        transformer=Model(**small, d_ff=8, num_heads=1),
        vocab_size=10,
        tokens=600,
        lengths=(600,),
    )
    assert steps.transformer.max_length < 600
    limits = Limits(seconds=60.0, memory=10**9, least=1, most=1, enough=0.0)
    (row,) = time_steps(steps, threads_used=1, limits=limits)["rows"]
    assert set(row["seconds"]) == {RECURRENT, TRANSFORMER}
