"""A run's log as a curve against seconds of training."""

from manyheads.experiments.whole import against_time


def test_a_validation_stands_at_the_seconds_of_training_before_it():
    """At the median of 10, 50 and 60 a second 100 tokens are 2 s, 90 more are 1.8; validating takes none."""
    records = [
        {"update": 0, "tokens": 0, "tokens_per_second": 10.0},
        {"update": 1, "tokens": 100, "tokens_per_second": 50.0},
        {"update": 1, "valid_loss": 3.0, "bleu": 10.0, "best": True},
        {"update": 2, "tokens": 90, "tokens_per_second": 60.0},
        {"update": 2, "valid_loss": 2.0, "bleu": 20.0, "best": True},
        {"update": 2, "test": {"pairs": 5, "bleu": 21.0}},
    ]
    assert against_time(records) == {
        "seconds_training": 3.8,
        "tokens": 190,
        "curve": [
            {"update": 1, "seconds": 2.0, "bleu": 10.0, "valid_loss": 3.0},
            {"update": 2, "seconds": 3.8, "bleu": 20.0, "valid_loss": 2.0},
        ],
    }
