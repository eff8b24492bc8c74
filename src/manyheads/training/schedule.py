"""The learning rate of each update."""

import math

from manyheads.recipes.schema import Training


def learning_rate(config: Training, update: int) -> float:
    """Say how large a step an update takes.

    All schedules rise in a straight line during the warm-up. `inverse_sqrt` then falls with the root of the
    update, `linear` in a straight line to zero at the last one, `constant` stays.

    Args:
        config: Peak, warm-up, schedule and number of updates.
        update: Counted from 1.

    Returns:
        The learning rate.

    Reference:
        Vaswani et al. 2017, equation 3, with the peak named instead of derived from d_model.

    Example:
        >>> config = Training(learning_rate=0.01, warmup=100)
        >>> [round(learning_rate(config, update), 6) for update in (1, 100, 400)]
        [0.0001, 0.01, 0.005]
    """
    if update <= config.warmup:
        return config.learning_rate * update / config.warmup
    if config.schedule == "inverse_sqrt":
        return config.learning_rate * math.sqrt(max(config.warmup, 1) / update)
    if config.schedule == "linear":
        return config.learning_rate * (config.updates - update) / max(config.updates - config.warmup, 1)
    return config.learning_rate
