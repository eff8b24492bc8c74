"""Why several heads: 1 to 16 of equal width together, compared, switched off, and made a convolution.

Reference:
    Vaswani et al. 2017, section 3.2.2 and table 3 (A); Michel et al. 2019; Cordonnier et al. 2020.
"""

from functools import partial

from manyheads.experiments.convolution import as_attention, draw_convolution, measure_convolution
from manyheads.experiments.experiment import Experiment, Measured, Setting, Told
from manyheads.experiments.grid import BASE, Study, Trial, run_trials, spread
from manyheads.experiments.grid_figures import draw_costs, draw_seeds
from manyheads.experiments.grid_told import best_of, compared, same_for_all, trials_table
from manyheads.experiments.head_study import study_heads
from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.model.attention import Attention, side_by_side

_WIDTH = 5
TRIALS = (
    Trial("heads-1", "1 head of 128", ("model.num_heads=1",)),
    Trial("heads-2", "2 heads of 64", ("model.num_heads=2",), quick=False),
    Trial(BASE.name, "4 heads of 32"),
    Trial("heads-8", "8 heads of 16", ("model.num_heads=8",), quick=False),
    Trial("heads-16", "16 heads of 8", ("model.num_heads=16",), quick=False),
)


def measure(setting: Setting) -> Measured:
    """Train with more and fewer heads, study them, and calculate a convolution by heads.

    Args:
        setting: Quick or full, and where.

    Returns:
        `trials` as `run_trials` gives them, and the `convolution`.
    """
    return {
        "trials": run_trials(setting, TRIALS, study=Study("heads", study_heads)),
        "convolution": setting.part(
            "convolution", {"width": _WIDTH, "seed": 1}, partial(measure_convolution, _WIDTH)
        ),
    }


def tell(measured: Measured) -> Told:
    """Say what several heads are good for.

    Args:
        measured: What `measure` gave.

    Returns:
        The answer and the report's parts.
    """
    trials, convolution = measured["trials"], measured["convolution"]
    return Told(
        _answer(trials),
        [
            Text(
                "One head gives a token one set of weights, so it can carry away one mixture of what it "
                "looks at. Several heads of the same width together look in several ways at once for the "
                "same number of parameters and products."
            ),
            trials_table(trials),
            Picture(
                "heads",
                "BLEU and validation loss by number of heads. Each dot is a seed.",
                partial(draw_seeds, trials),
            ),
            same_for_all(trials),
            *_likeness(trials),
            *_switched_off(trials),
            *_convolution(convolution),
        ],
    )


def _answer(trials: Measured) -> str:
    best = best_of(trials)
    if best == "heads-1":
        return (
            "Here one head did best: it translates with "
            f"{spread(trials['heads-1'], 'bleu').mean:.2f} BLEU, and no number of heads with more."
        )
    verdict = compared(trials, best, "heads-1")
    return (
        f"Several heads translate better than one of equal width: {trials[best]['title']} {verdict}."
        f"{_no_better(trials)}"
    )


def _no_better(trials: Measured) -> str:
    """Name the numbers of heads that do not stand above one head with every seed."""
    one = spread(trials["heads-1"], "bleu")
    others = {trial["title"]: spread(trial, "bleu") for name, trial in trials.items() if name != "heads-1"}
    told = [f"{title} {found.mean:.2f}" for title, found in others.items() if found.low <= one.high]
    return f" Not all do with every seed: {', '.join(told)}." if told else ""


def _likeness(trials: Measured) -> list[Part]:
    several = {name: trial for name, trial in trials.items() if trial["runs"] and _heads_of(trial) > 1}
    rows = [
        [trial["title"], *(f"{_mean_by_kind(trial, 'divergence', kind):.2f}" for kind in _KINDS)]
        + [f"{_mean_by_kind(trial, 'alike', kind):.2f}" for kind in _KINDS]
        for trial in several.values()
    ]
    if not rows:
        return []
    columns = [f"{kind}, {what}" for what in ("weights apart", "outputs alike") for kind in _KINDS]
    return [
        Text(
            "## How different heads are\n\nThe mean over the pairs of heads of a layer, then over the "
            "layers, first seed. *Weights apart* is the Jensen-Shannon divergence of where two heads look, "
            "in bits: 0 the same, 1 nowhere the same. *Outputs alike* is the linear CKA of what two heads "
            "carry away: 1 the same but for turning."
        ),
        Table(["", *columns], rows),
    ]


_KINDS = ("encoder", "decoder", "cross")


def _heads_of(trial: Measured) -> int:
    return len({name.rpartition(".")[2] for name in trial["heads"]["cost"]})


def _mean_by_kind(trial: Measured, what: str, kind: str) -> float:
    values = [value for name, value in trial["heads"][what].items() if name.startswith(f"{kind}.")]
    return sum(values) / len(values)


def _switched_off(trials: Measured) -> list[Part]:
    name = BASE.name if BASE.name in trials else next(iter(trials))
    heads = trials[name]["heads"]
    costs = heads["cost"]
    dearest, cheapest = max(costs, key=costs.get), min(costs, key=costs.get)
    free = sum(cost <= 0 for cost in costs.values())
    whole, *_, none = (point["score"] for point in heads["curve"])
    return [
        Text(
            f"## Which heads can be switched off\n\nOf the {len(costs)} heads of the model with "
            f"{trials[name]['title']}, {free} cost nothing when they are switched off alone after training, "
            f"by the loss on the first {heads['pairs']} validation pairs ({heads['loss']:.3f} nats a token "
            f"with all). The dearest is {dearest} (+{costs[dearest]:.3f}), the cheapest {cheapest} "
            f"({costs[cheapest]:+.3f}). Switched off one after another, the least important first, "
            f"{_half(heads['curve'])} BLEU on these pairs is {whole:.2f} with all and {none:.2f} with none."
        ),
        Picture(
            "switched-off",
            "Left: what switching a head off costs, head by head. Right: BLEU while more and more heads are "
            "off.",
            partial(draw_costs, heads),
        ),
    ]


def _half(curve: list[Measured]) -> str:
    """Say how many heads can go before half of the BLEU is gone."""
    whole = curve[0]["score"]
    kept = [point["share"] for point in curve if point["score"] >= whole / 2]
    return f"more than half of the BLEU is left up to {max(kept):.0%} of the heads;"


def _convolution(convolution: Measured) -> list[Part]:
    width, difference = len(convolution["offsets"]), convolution["largest_difference"]
    holds = "the same within 1e-6" if difference <= 1e-6 else "not the same within 1e-6"
    return [
        Text(
            f"## Heads as a convolution's filters\n\n{width} heads that look at fixed offsets calculate a "
            f"convolution of width {width}: {holds} (largest difference {difference:.1e} in float64, "
            f"{convolution['largest_difference_float32']:.1e} in float32). A head there takes the place of "
            "one position of the kernel, not of one filter: its value and output matrices are what the "
            "kernel does at that offset, for all channels at once. What attention adds is that a trained "
            "head chooses its offset anew for each token."
        ),
        Picture(
            "convolution",
            "Heads that look at one offset each, above; below, what was read, and what came out by attention "
            "and by convolution.",
            partial(draw_convolution, convolution),
        ),
    ]


EXPERIMENT = Experiment(
    name="heads",
    formula="""
head_i = softmax(Q W_i^Q (K W_i^K)ᵀ / √head_dim) V W_i^V, and the output is [head_1; …; head_h] W^O, with
head_dim = d_model / h (Vaswani et al. 2017, section 3.2.2). A convolution of width k is the sum over offsets
of x[t + offset] W_offset: with h = k heads that each give all weight to one offset, and
W_i^V W^O_i = W_offset, both are the same sum (Cordonnier et al. 2020, theorem 1).
""",
    code=(Attention.split, side_by_side, as_attention),
    measure=measure,
    tell=tell,
)
