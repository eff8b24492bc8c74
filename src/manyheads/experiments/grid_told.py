"""What trials that differ in one thing say, in sentences and tables made of their numbers."""

from collections.abc import Mapping, Sequence

from manyheads.experiments.experiment import Measured
from manyheads.experiments.grid import Spread, apart, spread
from manyheads.experiments.report import Table, Text

Trials = Mapping[str, Measured]


def trials_table(trials: Trials) -> Table:
    """Set every trial's figures in a row.

    Args:
        trials: What `run_trials` gave.

    Returns:
        The table.
    """
    return Table(
        ["", "parameters", "BLEU, mean (range)", "validation loss, mean (range)"],
        [
            [
                trial["title"],
                f"{trial['runs'][0]['parameters']:,}",
                str(spread(trial, "bleu")),
                str(spread(trial, "valid_loss")),
            ]
            for trial in trials.values()
        ],
    )


def same_for_all(trials: Trials) -> Text:
    """Say what the trials have in common.

    Args:
        trials: What `run_trials` gave.

    Returns:
        A paragraph.
    """
    first = next(iter(trials.values()))["runs"]
    run = first[0]
    s = "s" if len(first) > 1 else ""
    seeds = ", ".join(str(each["seed"]) for each in first)
    threads = sorted({each["threads"] for trial in trials.values() for each in trial["runs"]})
    return Text(
        f"Every trial sees the same text in {run['updates']:,} updates of {run['batch_tokens']:,} source and "
        f"target tokens, in {run['precision']}, on {' or '.join(map(str, threads))} "
        f"thread{'s' if threads != [1] else ''}, with the seed{s} {seeds}. BLEU (`{run['signature']}`) and "
        "loss are those of the validation part after the last update: nothing was chosen by them. The range "
        "is over the seeds."
    )


def compared(trials: Trials, one: str, other: str, name: str = "bleu") -> str:
    """Say how two trials compare, and whether that may be chance.

    Args:
        trials: What `run_trials` gave.
        one: A trial.
        other: Another one.
        name: By which figure.

    Returns:
        A clause: `36.1 BLEU instead of 35.2, which may be chance`.
    """
    unit = {"bleu": "BLEU", "valid_loss": "nats a token"}[name]
    mine, theirs = spread(trials[one], name), spread(trials[other], name)
    return f"{mine.mean:.2f} {unit} instead of {theirs.mean:.2f}, {_chance(trials, one, mine, theirs)}"


def _chance(trials: Trials, one: str, mine: Spread, theirs: Spread) -> str:
    if len(trials[one]["runs"]) == 1:
        return "one run each, so it may be chance"
    return "with no overlap of their seeds" if apart(mine, theirs) else "which may be chance"


def best_of(trials: Trials, names: Sequence[str] | None = None) -> str:
    """Find the trial with the most BLEU on average.

    Args:
        trials: What `run_trials` gave.
        names: Which are looked at; all if it is not said.

    Returns:
        Its name.
    """
    return max(names or list(trials), key=lambda name: spread(trials[name], "bleu").mean)
