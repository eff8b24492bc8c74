"""The questions that a lecture on attention asks, each answered by a run that anyone can repeat."""

from importlib import import_module
from typing import TYPE_CHECKING

from manyheads.errors import InputError, suggest

if TYPE_CHECKING:
    from manyheads.experiments.experiment import Experiment

EXPERIMENTS = {
    "parallel": "What is wrong with the recurrent network's calculation?",
    "context": "What is wrong with one vector for each word?",
    "scaling": "Why are scores divided by the square root of head_dim?",
    "heads": "Why several heads?",
    "layers": "Why are layers stacked?",
    "position": "What are position vectors for?",
}
"""Their names and questions; each is a module of this package with an `EXPERIMENT` in it."""


def find_experiment(name: str) -> "Experiment":
    """Import an experiment.

    Args:
        name: What it is called.

    Returns:
        The experiment.

    Raises:
        InputError: There is none of that name.
    """
    if name not in EXPERIMENTS:
        known = ", ".join(EXPERIMENTS)
        raise InputError(f"an experiment is one of {known}, but '{name}' is not{suggest(name, EXPERIMENTS)}")
    return import_module(f"manyheads.experiments.{name}").EXPERIMENT
