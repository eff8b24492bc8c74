"""Why several heads: 1 to 16 of equal width together, compared, switched off, and made a convolution.

Reference:
    Vaswani et al. 2017, section 3.2.2 and table 3 (A); Michel et al. 2019; Cordonnier et al. 2020.
"""

from collections.abc import Sequence
from functools import partial
from statistics import fmean

from manyheads.experiments.alike import linear_cka, rows_divergence
from manyheads.experiments.convolution import as_attention, draw_convolution, measure_convolution
from manyheads.experiments.experiment import Experiment, Measured, Setting, Told
from manyheads.experiments.grid import BASE, Study, Trial, run_trials, spread
from manyheads.experiments.grid_figures import draw_costs, draw_seeds
from manyheads.experiments.grid_told import same_for_all, trials_table
from manyheads.experiments.head_study import study_heads
from manyheads.experiments.pruning import cost_of_each, head_importance
from manyheads.experiments.report import Part, Picture, Table, Text
from manyheads.model.attention import Attention, side_by_side
from manyheads.model.tap import switch_off

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
            Text(_doubts(trials)),
            *_likeness(trials),
            *_switched_off(trials),
            *_convolution(convolution),
        ],
    )


def _answer(trials: Measured) -> str:
    one = spread(trials["heads-1"], "bleu")
    others = {name: spread(trial, "bleu") for name, trial in trials.items() if name != "heads-1"}
    sure = [name for name, found in others.items() if found.low > one.high]
    rest = [
        f"{trials[name]['title']} ({found.mean:.2f})" for name, found in others.items() if name not in sure
    ]
    if not sure:
        return (
            f"Here several heads were not surely better than one of equal width ({one.mean:.2f} BLEU): "
            f"{', '.join(rest)}."
        )
    better = ", ".join(
        f"{trials[name]['title']} translate with {others[name].mean:.2f} BLEU" for name in sure
    )
    further = f"; {', '.join(rest)} were not surely better" if rest else ""
    return (
        "One head looks in one way at a time, several look in several, which helps up to a point: "
        f"{better} where one head of equal width has {one.mean:.2f}, no seed as good as any of "
        f"theirs{further}."
    )


def _doubts(trials: Measured) -> str:
    worst = max(trials, key=lambda name: spread(trials[name], "valid_loss").mean)
    return (
        "How sure is that? With three seeds on each side chance alone keeps two settings apart one time "
        f"in ten, and the best of {len(trials)} was picked after the fact. By validation loss "
        f"{trials[worst]['title']} did worst. All have one learning rate, tuned for none of them, and end "
        "long before they have learned all they can. Vaswani et al. 2017, table 3 (A), found the same "
        "shape with larger models: one head lost 0.9 BLEU to the best, and too many heads lost too."
    )


def _likeness(trials: Measured) -> list[Part]:
    several = [trial for trial in trials.values() if _heads_of(trial) > 1]
    if not several:
        return []
    rows = [
        [
            trial["title"],
            *(_trained_and_not(trial["heads"], what, kind) for what in _MEASURES for kind in _KINDS),
        ]
        for trial in several
    ]
    columns = [f"{name}, {kind}" for name in _MEASURES.values() for kind in _KINDS]
    return [
        Text(
            "## How different heads are\n\nThe mean over the pairs of heads of a layer, then over the "
            "layers, first seed; in brackets the same network before it was trained. *JS* is the "
            "Jensen-Shannon divergence of where two heads look, in bits: 0 the same, 1 nowhere the same. "
            "*CKA* is how alike what two heads carry away is: 1 the same but for turning and even "
            "stretching. Narrow heads have a low CKA anyway, so rows are to be compared with their "
            f"brackets, not with each other. {_likeness_said(several)}"
        ),
        Table(["", *columns], rows),
    ]


def _trained_and_not(study: Measured, what: str, kind: str) -> str:
    return f"{_mean_by_kind(study, what, kind):.2f} ({_mean_by_kind(study['untrained'], what, kind):.2f})"


def _likeness_said(several: Sequence[Measured]) -> str:
    """Say in how many rows and kinds training sets heads apart."""
    told = []
    for what, sign, words in (
        ("divergence", 1, "look further apart"),
        ("alike", -1, "carry away less alike things"),
    ):
        changes = [
            sign
            * (
                _mean_by_kind(trial["heads"], what, kind)
                - _mean_by_kind(trial["heads"]["untrained"], what, kind)
            )
            for trial in several
            for kind in _KINDS
        ]
        told.append(f"{words} in {sum(change > 0 for change in changes)} of {len(changes)} cases")
    return f"Trained heads {' and '.join(told)} than untrained ones."


_KINDS = ("encoder", "decoder", "cross")
_MEASURES = {"divergence": "JS", "alike": "CKA"}


def _heads_of(trial: Measured) -> int:
    return len({name.rpartition(".")[2] for name in trial["heads"]["cost"]})


def _mean_by_kind(study: Measured, what: str, kind: str) -> float:
    return fmean(value for name, value in study[what].items() if name.startswith(f"{kind}."))


def _switched_off(trials: Measured) -> list[Part]:
    name = BASE.name if BASE.name in trials else next(iter(trials))
    heads = trials[name]["heads"]
    costs = heads["cost"]
    most, least = max(costs, key=costs.get), min(costs, key=costs.get)
    free = sum(cost <= 0 for cost in costs.values())
    return [
        Text(
            f"## Which heads can be switched off\n\nOf the {len(costs)} heads of the model with "
            f"{trials[name]['title']} (first seed), {free} cost nothing when each is switched off alone "
            f"after training, by the loss on the first {heads['pairs']} validation pairs "
            f"({heads['loss']:.3f} nats a token with all). {most} costs most ({costs[most]:+.3f}), {least} "
            f"least ({costs[least]:+.3f}); layers and heads are counted from 0. Switched off one after "
            "another, in the order of these costs or in that of Michel et al. (*importance*: how steeply "
            "the loss changes with a head's output, the layers made equal), BLEU falls as the table says. "
            "It is that of the next validation pairs, on which no order was made. The two orders are not "
            f"one: their rank correlation is {heads['agreement']:.2f}. "
            f"{_orders_said(heads['curves'])}"
        ),
        Picture(
            "switched-off",
            "Above: what switching each head off costs. Below: BLEU while more and more heads are off.",
            partial(draw_costs, heads),
        ),
        Table(
            [
                "",
                "order",
                *(f"BLEU, {share} off" for share in ("none", "a quarter", "half", "three quarters")),
            ],
            [
                [
                    trial["title"],
                    f"by {order}",
                    *(f"{_score_at(curve, share):.1f}" for share in (0, 0.25, 0.5, 0.75)),
                ]
                for trial in trials.values()
                for order, curve in trial["heads"]["curves"].items()
            ],
        ),
    ]


def _orders_said(curves: Measured) -> str:
    """Say how much is left with three quarters of the heads off, by either order."""
    whole = _score_at(curves["cost"], 0)
    left = {order: _score_at(curve, 0.75) for order, curve in curves.items()}
    better = max(left, key=left.__getitem__) if len(set(left.values())) > 1 else "neither"
    return (
        f"With three quarters of the heads off {left['cost']:.1f} of {whole:.1f} BLEU are left in the "
        f"order of costs, {left['importance']:.1f} in that of importance: here {better} tells better which "
        "heads can go."
    )


def _score_at(curve: Sequence[Measured], share: float) -> float:
    """Read a curve where most nearly this share of the heads is off."""
    return min(curve, key=lambda point: abs(point["share"] - share))["score"]


def _convolution(convolution: Measured) -> list[Part]:
    width, difference = len(convolution["offsets"]), convolution["largest_difference"]
    holds = "the same within 1e-6" if difference <= 1e-6 else "not the same within 1e-6"
    return [
        Text(
            f"## Heads as the places of a convolution's kernel\n\n{width} heads that look at fixed offsets "
            f"calculate a convolution of width {width}: {holds} (largest difference {difference:.1e} in "
            f"float64, {convolution['largest_difference_float32']:.1e} in float32). A head there takes the "
            "place of one position of the kernel, not of one filter: its value and output matrices are "
            "what the kernel does at that offset, for all channels at once. What attention adds is that a "
            "trained head chooses its offset anew for each token."
        ),
        Picture(
            "convolution",
            "Above, heads that look at one offset each, in tokens. Below, what was read, and what came "
            "out by attention and by convolution, one row a channel.",
            partial(draw_convolution, convolution),
        ),
    ]


EXPERIMENT = Experiment(
    name="heads",
    formula="""
head_i = softmax(Q W_i^Q (K W_i^K)ᵀ / √head_dim) V W_i^V, and the output is [head_1; …; head_h] W^O, with
head_dim = d_model / h (Vaswani et al. 2017, section 3.2.2).

How far apart two heads look is JS(p, q) = H((p + q) / 2) - (H(p) + H(q)) / 2, p and q their weights for one
query, H the entropy (Lin 1991). How alike X and Y are, what two heads carry away for all tokens, columns
centred, is CKA = |YᵀX|² / (|XᵀX| |YᵀY|) (Kornblith et al. 2019). A head's cost is the loss with ξ = 0 less
the loss with ξ = 1, where ξ multiplies what it carries away; its importance is the mean of |∂loss/∂ξ| over
sentences, divided by its norm over the layer's heads (Michel et al. 2019, section 4.1).

A convolution of width k is the sum over offsets of x[t + offset] W_offset: with h = k heads that each give
all weight to one offset, and W_i^V W^O_i = W_offset, both are the same sum. It is what Cordonnier et al.
2020, theorem 1, show for images, here for a sequence, with sinusoids to tell the offsets.
""",
    code=(
        Attention.split,
        side_by_side,
        rows_divergence,
        linear_cka,
        switch_off,
        cost_of_each,
        head_importance,
        as_attention,
    ),
    measure=measure,
    tell=tell,
)
