"""A run's log as a curve against seconds of training."""

from manyheads.experiments.whole import against_time


def test_a_validation_stands_at_the_seconds_of_training_before_it():
    """100 tokens at 50 a second are 2 s, 90 at 30 are 3 s more; validating takes none of them."""
    records = [
        {"update": 1, "tokens": 100, "tokens_per_second": 50.0},
        {"update": 1, "valid_loss": 3.0, "bleu": 10.0, "best": True},
        {"update": 2, "tokens": 90, "tokens_per_second": 30.0},
        {"update": 2, "valid_loss": 2.0, "bleu": 20.0, "best": True},
        {"update": 2, "test": {"pairs": 5, "bleu": 21.0}},
    ]
    assert against_time(records) == {
        "seconds_training": 5.0,
        "tokens": 190,
        "curve": [
            {"update": 1, "seconds": 2.0, "bleu": 10.0, "valid_loss": 3.0},
            {"update": 2, "seconds": 5.0, "bleu": 20.0, "valid_loss": 2.0},
        ],
    }
