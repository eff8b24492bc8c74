"""Why layers are stacked: 1 to 6 of them, and one layer's parameters used six times.

Reference:
    Vaswani et al. 2017, section 3.1; Dehghani et al. 2019, "Universal Transformers";
    Lan et al. 2020, "ALBERT".
"""

from functools import partial
from itertools import pairwise

from manyheads.experiments.experiment import Experiment, Measured, Setting, Told
from manyheads.experiments.grid import BASE, Study, Trial, run_trials, spread
from manyheads.experiments.grid_figures import draw_seeds, draw_skipped, draw_training
from manyheads.experiments.grid_told import best_of, compared, same_for_all, trials_table
from manyheads.experiments.layer_study import skip_layer, study_layers
from manyheads.experiments.report import Picture, Text
from manyheads.model.encoder import Encoder
from manyheads.model.share import share_first


def _layers(count: int) -> tuple[str, str]:
    return (f"model.num_encoder_layers={count}", f"model.num_decoder_layers={count}")


_SHARED = (*_layers(6), "model.share_layers=true")
TRIALS = (
    Trial("layers-1", "1+1 layers", _layers(1)),
    Trial("layers-2", "2+2 layers", _layers(2)),
    Trial(BASE.name, "4+4 layers"),
    Trial("layers-6", "6+6 layers", _layers(6), quick=False),
    Trial("layers-6-shared", "one layer used 6+6 times", _SHARED, quick=False),
    Trial(
        "layers-6-shared-slower",
        "the same at a third of the rate",
        (*_SHARED, "training.learning_rate=1e-3"),
        quick=False,
    ),
)
_STACKS = ("layers-1", "layers-2", "base", "layers-6")


def measure(setting: Setting) -> Measured:
    """Train with more and fewer layers, and skip each layer of what was trained.

    Args:
        setting: Quick or full, and where.

    Returns:
        `trials`, as `run_trials` gives them.
    """
    return {"trials": run_trials(setting, TRIALS, study=Study("layers", study_layers))}


def tell(measured: Measured) -> Told:
    """Say what stacking is good for.

    Args:
        measured: What `measure` gave.

    Returns:
        The answer and the report's parts.
    """
    trials = measured["trials"]
    stacks = [name for name in _STACKS if name in trials]
    return Told(
        _answer(trials, stacks),
        [
            Text(
                "One layer's attention mixes what its tokens say by themselves. The next layer's queries and "
                "keys are made of mixtures, so it can look for what only shows in company: a token can ask "
                "for *the verb of this clause* once a layer below has told each token which clause it is in."
            ),
            trials_table(trials),
            Picture(
                "layers",
                "BLEU and validation loss by number of layers. Each dot is a seed.",
                partial(draw_seeds, trials),
            ),
            same_for_all(trials),
            Text(_each_step(trials, stacks)),
            Text(_each_layer(trials, stacks[-1])),
            Picture(
                "skipped",
                "What it costs to skip one layer after training, first seed. Layers are counted from 0; up "
                "to 0.1 the scale is linear, above it logarithmic.",
                partial(draw_skipped, trials),
            ),
            *([Text(_shared(trials))] if "layers-6-shared" in trials else []),
            Picture(
                "learning",
                "Training loss by number of layers, first seed. With dropout on, so that it is not the "
                "validation loss.",
                partial(draw_training, trials, list(trials)),
            ),
        ],
    )


def _answer(trials: Measured, stacks: list[str]) -> str:
    best = best_of(trials, stacks)
    if best == stacks[0]:
        return (
            "Within this budget stacking did not help: one layer translates with "
            f"{spread(trials[best], 'bleu').mean:.2f} BLEU, and no deeper stack with more."
        )
    verdict = compared(trials, best, stacks[0])
    return f"Stacked layers translate better than one: {trials[best]['title']} {verdict}."


def _each_step(trials: Measured, stacks: list[str]) -> str:
    """Say what each larger stack adds to the one before."""
    clauses = []
    for before, after in pairwise(stacks):
        gain = spread(trials[after], "bleu").mean - spread(trials[before], "bleu").mean
        clauses.append(f"{trials[after]['title']} {gain:+.2f} BLEU")
    return "## What each step adds\n\nTo the stack before it: " + ", ".join(clauses) + "."


def _each_layer(trials: Measured, deepest: str) -> str:
    """Say which layers of a trained model are missed when they are skipped."""
    study = trials[deepest]["layers"]
    costs: dict[str, float] = study["cost"]
    clauses = []
    for stack in ("encoder", "decoder"):
        own = {name: cost for name, cost in costs.items() if name.startswith(stack)}
        dearest, cheapest = max(own, key=own.__getitem__), min(own, key=own.__getitem__)
        clauses.append(
            f"of the {stack}'s {dearest} is missed most ({own[dearest]:+.3f}) and {cheapest} least "
            f"({own[cheapest]:+.3f})"
        )
    return (
        "What a layer adds within one trained model shows when it alone is skipped: the next one then reads "
        f"what it would have read. With {trials[deepest]['title']} a token of the first "
        f"{study['pairs']} validation pairs costs {study['loss']:.3f} nats with all; {'; '.join(clauses)}."
    )


def _shared(trials: Measured) -> str:
    same, deep = trials["layers-6-shared"], trials["layers-6"]
    share = same["runs"][0]["parameters"] / deep["runs"][0]["parameters"]
    better = best_of(trials, ["layers-6-shared", "layers-6-shared-slower"])
    gained = spread(trials[better], "bleu").mean > spread(trials["layers-1"], "bleu").mean
    verdict = (
        "So depth alone gained something here."
        if gained
        else "So depth alone gained nothing here, within this budget; those who share all layers train far "
        "longer (Dehghani et al. 2019, Lan et al. 2020)."
    )
    return (
        f"## Depth, or parameters?\n\nOne layer's parameters used six times have {share:.0%} of the "
        "parameters of six layers. A step of training moves all six places at once, so that the rate was "
        f"tried too: at the rate of all others it translates with {spread(same, 'bleu')} BLEU, at a third "
        f"of it with {spread(trials['layers-6-shared-slower'], 'bleu')}. The better of both against six "
        f"layers: {compared(trials, better, 'layers-6')}. Against one layer used once, which has as many "
        f"parameters: {compared(trials, better, 'layers-1')}. {verdict}"
    )


EXPERIMENT = Experiment(
    name="layers",
    formula="""
h⁰ = embedding(x), hˡ = layer_l(hˡ⁻¹), l = 1 … N, each layer attention and then feed-forward with residuals
(Vaswani et al. 2017, section 3.1). With shared parameters layer_1 = … = layer_N.
""",
    code=(Encoder.forward, skip_layer, share_first),
    measure=measure,
    tell=tell,
)
