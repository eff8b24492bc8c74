"""What position vectors are for: translators without them, with words shuffled, and with one-sided encoders.

Reference:
    Vaswani et al. 2017, section 3.5 and table 3 (E).
"""

import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from functools import partial

from torch import nn

from manyheads.experiments.changed_attention import look_back_only
from manyheads.experiments.experiment import Experiment, Measured, Setting, Told
from manyheads.experiments.grid import Trial, run_trials, spread
from manyheads.experiments.grid_figures import draw_seeds
from manyheads.experiments.grid_told import compared, same_for_all, trials_table
from manyheads.experiments.look_ahead import Again, learn_again
from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.experiments.shuffled import shuffle_words
from manyheads.model.embedding import Embedding, sinusoids

TRIALS = (
    Trial("base", "sinusoids"),
    Trial("position-learned", "learned positions", ("model.positions='learned'",), quick=False),
    Trial("position-none", "no positions", ("model.positions='none'",)),
    Trial("shuffled", "words of the source shuffled", shuffled=True, quick=False),
    Trial("look-back", "encoder looks back only", seen_by="look_back_only"),
)
_SEEDS = (1, 2, 3)


def measure(setting: Setting) -> Measured:
    """Train with and without positions, and on the task that needs a look ahead.

    Args:
        setting: Quick or full, and where.

    Returns:
        `trials`, as `run_trials` gives them; and the task's runs with (`ahead`) and without (`back`) looking
        ahead.
    """
    task = Again(updates=12, sequences=8) if setting.quick else Again()
    both_ways = {"ahead": nullcontext, "back": look_back_only}
    return {
        "trials": run_trials(setting, TRIALS),
        "task": asdict(task),
        **{
            name: setting.part(
                f"again-{name}",
                {"task": asdict(task), "seeds": _SEEDS},
                partial(_learn, task, change),
            )
            for name, change in both_ways.items()
        },
    }


def _learn(task: Again, change: Callable[[nn.Module], AbstractContextManager[None]]) -> Measured:
    return {"runs": [learn_again(task, seed=seed, change=change) for seed in _SEEDS]}


def tell(measured: Measured) -> Told:
    """Say what positions are for.

    Args:
        measured: What `measure` gave.

    Returns:
        The answer and the report's parts.
    """
    trials = measured["trials"]
    return Told(
        _answer(trials),
        [
            Text(
                "Attention sums over a set: exchange two source tokens, and every query finds the same keys "
                "and values, only elsewhere. Without positions an encoder therefore gives a word the same "
                "vector wherever it stands. The decoder still knows something of order, for it sees what it "
                "has written so far and nothing later."
            ),
            trials_table(trials),
            Picture(
                "position",
                "BLEU and validation loss with and without order. Each dot is a seed.",
                partial(draw_seeds, trials),
            ),
            same_for_all(trials),
            *([Text(_learned(trials))] if "position-learned" in trials else []),
            *([Text(_shuffled(trials))] if "shuffled" in trials else []),
            *_looking_ahead(measured),
        ],
    )


def _answer(trials: Measured) -> str:
    worse = spread(trials["position-none"], "bleu").mean < spread(trials["base"], "bleu").mean
    verdict = compared(trials, "position-none", "base")
    return (
        f"They tell attention, which sees a set, in what order the words stand: without them {verdict}."
        if worse
        else f"Here a translator did without them: {verdict}."
    )


def _learned(trials: Measured) -> str:
    return (
        "## Sinusoids, or learned positions?\n\nLearned ones against sinusoids, by BLEU: "
        f"{compared(trials, 'position-learned', 'base')}; by validation loss: "
        f"{compared(trials, 'position-learned', 'base', 'valid_loss')}. Vaswani et al. 2017, table 3 (E), "
        "found both nearly the same."
    )


def _shuffled(trials: Measured) -> str:
    return (
        "## Shuffled words, or no positions?\n\nWhere the words of each source are shuffled, in training and "
        "in validation, the encoder is told positions that mean nothing. Against the words in order: "
        f"{compared(trials, 'shuffled', 'base')}. Against no positions: "
        f"{compared(trials, 'shuffled', 'position-none')}."
    )


def _looking_ahead(measured: Measured) -> list[Part]:
    trials, task = measured["trials"], measured["task"]
    return [
        Text(
            "## With and without looking ahead\n\nAn encoder whose tokens look back only, as a decoder's "
            f"do, against one that sees all: {compared(trials, 'look-back', 'base')}. "
            f"{_no_worse(trials)}Its decoder still sees all of the memory, whose last vectors have seen "
            "the whole source. A task that leaves no such way out: tell of each letter whether it comes "
            f"again in its sequence of {task['length']} out of {task['letters']} letters, by an encoder "
            "alone, of two layers."
        ),
        Table(
            [
                "the encoder's tokens",
                "predicted rightly, mean (range over seeds)",
                "the commonest answer gets",
            ],
            [
                ["see the whole sequence", *_task_cells(measured["ahead"])],
                ["look back only", *_task_cells(measured["back"])],
            ],
        ),
    ]


def _no_worse(trials: Measured) -> str:
    no_worse = spread(trials["look-back"], "bleu").mean >= spread(trials["base"], "bleu").mean
    return "Against expectation it does no worse on these short captions. " if no_worse else ""


def _task_cells(found: Measured) -> list[str]:
    right = [run["right"] for run in found["runs"]]
    commonest = found["runs"][0]["commonest"]
    return [f"{statistics.fmean(right):.1%} ({min(right):.1%}-{max(right):.1%})", f"{commonest:.1%}"]


EXPERIMENT = Experiment(
    name="position",
    formula="""
x_t = √d_model · E[token_t] + P[t], with P[t, 2i] = sin(t / 10000^(2i / d_model)) and
P[t, 2i+1] = cos(t / 10000^(2i / d_model)), or P trained (Vaswani et al. 2017, section 3.5).
""",
    code=(sinusoids, Embedding.forward, shuffle_words, look_back_only),
    measure=measure,
    tell=tell,
)
