"""The task of writing letters from the end: what is drawn, what is equal, and that it can be learned."""

import math
from contextlib import contextmanager

import pytest
import torch

from manyheads.experiments.reversing import Reversing, draw_pairs, learn_to_reverse, without_reading
from manyheads.model.tap import observe
from manyheads.recipes.schema import Model, Training
from manyheads.text.tokenizer import BOS_ID, EOS_ID

TASK = Reversing(letters=4, shortest=2, longest=3, pairs=12, held_out=30, every=7)


def sizes():
    return Model(
        d_model=24,
        d_ff=32,
        num_heads=3,
        num_encoder_layers=1,
        num_decoder_layers=1,
        dropout=0.0,
        max_length=5,
    )


def training(updates):
    return Training(updates=updates, learning_rate=5e-3, schedule="constant", warmup=5, label_smoothing=0.0)


def test_a_target_is_its_source_from_the_end():
    batch = draw_pairs(TASK, 1, 2, pairs=20)
    src, tgt = batch.src.unpack(), batch.tgt.unpack()
    assert len(src) == 20
    assert {len(ids) for ids in src} == {3, 4}
    for source, target in zip(src, tgt, strict=True):
        assert source[-1] == EOS_ID
        assert target == [BOS_ID, *source[-2::-1]]
    assert set(batch.src.token_ids.tolist()) == {EOS_ID, 3, 4, 5, 6}
    assert TASK.vocab_size == 7


def test_pairs_are_a_function_of_their_numbers():
    one, again, other = (draw_pairs(TASK, 1, update, pairs=9).src.unpack() for update in (5, 5, 6))
    assert one == again
    assert one != other


def test_without_reading_an_even_task_by_hand():
    """All targets have 3 of 5 letters: 3 ln(5) nats for 4 tokens, whether the length is told or not.

    Of the letters a fifth is right by chance, and the end always: 1.6 of 4 tokens.
    """
    found = without_reading(Reversing(letters=5, shortest=3, longest=3, held_out=7))
    assert found["loss"] == pytest.approx(3 * math.log(5) / 4)
    assert found["loss_with_length"] == pytest.approx(found["loss"])
    assert found["right"] == pytest.approx(0.4)


def test_without_reading_an_end_has_to_be_guessed():
    """Of 2 letters, targets have 1 to 4: each end costs ln(4) nats more where no length is told.

    After 1 letter 1/4 end and 3/8 go on with either letter, after 2 all three are equally likely, and a
    letter is guessed; after 3 half end, and the end is guessed. Half of the letters that are guessed are
    right. So of 1 letter and its end 0.5 tokens are right, of 2 one, of 3 with the end 2.5, and of 4 as
    many: the last letter is missed.
    """
    task = Reversing(letters=2, shortest=1, longest=4, held_out=37)
    lengths = [len(ids) - 1 for ids in draw_pairs(task, 0, 0, pairs=37).tgt.unpack()]
    assert set(lengths) == {1, 2, 3, 4}
    tokens = sum(lengths) + 37
    found = without_reading(task)
    assert found["loss_with_length"] == pytest.approx(sum(lengths) * math.log(2) / tokens)
    assert found["loss"] == pytest.approx(found["loss_with_length"] + 37 * math.log(4) / tokens)
    right = {1: 0.5, 2: 1.0, 3: 2.5, 4: 2.5}
    assert found["right"] == pytest.approx(sum(right[length] for length in lengths) / tokens)


def test_a_network_learns_and_its_curve_is_told():
    learned = learn_to_reverse(TASK, sizes(), training(60), seed=1)
    updates, losses = zip(*learned["curve"], strict=True)
    assert updates == (0, *range(7, 60, 7), 60)
    assert learned["seed"] == 1
    assert losses[-1] == learned["valid_loss"] < 0.7 * losses[1]
    assert 0.5 < learned["right"] <= 1


def test_the_same_seed_gives_the_same_curve_and_leaves_chance_alone():
    state = torch.random.get_rng_state()
    one, again, other = (learn_to_reverse(TASK, sizes(), training(3), seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one["curve"] != other["curve"]
    assert torch.random.get_rng_state().equal(state)


def test_a_change_is_there_in_training_and_in_trials():
    """Without any context the loss differs from the first trial on."""
    points = []

    @contextmanager
    def silence(model):
        def see(site, tensor):
            points.append(tensor.requires_grad)
            return tensor * 0 if site.point == "context" else None

        with observe(model, see):
            yield

    plain = learn_to_reverse(TASK, sizes(), training(2), seed=3)
    silenced = learn_to_reverse(TASK, sizes(), training(2), seed=3, change=silence)
    assert silenced["curve"][0] != pytest.approx(plain["curve"][0], abs=1e-3)
    assert {True, False} <= set(points)
