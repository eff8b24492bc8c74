"""Why scores are divided by sqrt(head_dim): what they, softmax and learning become without it.

Reference:
    Vaswani et al. 2017, section 3.2.1 and its footnote 4.
"""

import math
from dataclasses import asdict, dataclass

from manyheads.experiments.changed_attention import undo_division
from manyheads.experiments.experiment import Experiment, Measured, Setting
from manyheads.experiments.reversing import Reversing, learn_to_reverse, without_reading
from manyheads.experiments.saturation import ARMS, Drawn, measure_saturation, saturations, softmax_steps
from manyheads.experiments.scaling_told import tell
from manyheads.model.attend import attend_by_steps
from manyheads.recipes.schema import Model, Training

_ROW = (1.2, 0.3, -0.5)
"""Three scores for the blackboard; what is printed of them adds up as printed."""
_ROW_HEAD_DIM = 64


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Attributes:
        head_dims: Widths of a head whose scores are looked at.
        drawn: How many queries and keys are drawn for each.
        d_model: Width of the networks that are trained; there are d_model / head_dim heads.
        trained: Widths of a head that networks are trained with.
        learning_rates: Tried with each.
        updates: Of each training.
        seeds: Trainings of each.
        task: What is learned.
    """

    head_dims: tuple[int, ...]
    drawn: Drawn
    d_model: int
    trained: tuple[int, ...]
    learning_rates: tuple[float, ...]
    updates: int
    seeds: int
    task: Reversing


_FULL = Plan(
    head_dims=(8, 16, 32, 64, 128, 256, 512),
    drawn=Drawn(sequences=8, length=64, seeds=10),
    d_model=256,
    trained=(8, 64, 256),
    learning_rates=(1e-3, 3e-4, 1e-4),
    updates=300,
    seeds=3,
    task=Reversing(),
)
_QUICK = Plan(
    head_dims=(8, 64, 256),
    drawn=Drawn(sequences=2, length=24, seeds=3),
    d_model=64,
    trained=(4, 64),
    learning_rates=(2e-3,),
    updates=24,
    seeds=2,
    task=Reversing(letters=5, longest=6, pairs=12, held_out=24, every=4),
)


def measure(setting: Setting) -> Measured:
    """Measure drawn queries and keys, then train networks, with the division and without.

    Args:
        setting: How it is run.

    Returns:
        `softmax`, `saturation` and `training`.
    """
    plan = _QUICK if setting.quick else _FULL
    factor = math.sqrt(_ROW_HEAD_DIM)
    inputs = {"head_dims": plan.head_dims, **asdict(plan.drawn)}
    return {
        "softmax": {
            "head_dim": _ROW_HEAD_DIM,
            "divided": softmax_steps(_ROW),
            "undivided": softmax_steps([score * factor for score in _ROW]),
        },
        "saturation": setting.part("saturation", inputs, lambda: saturations(plan.head_dims, plan.drawn)),
        "training": _trained(setting, plan),
    }


def _trained(setting: Setting, plan: Plan) -> Measured:
    """Train networks that differ in the division alone, for each width of a head and each learning rate."""
    comparisons = [
        {"head_dim": head_dim, "learning_rate": rate}
        | {arm: _trials(setting, plan, arm, head_dim, rate) for arm in ARMS}
        for head_dim in plan.trained
        for rate in plan.learning_rates
    ]
    return {
        "d_model": plan.d_model,
        "updates": plan.updates,
        "seeds": plan.seeds,
        "task": asdict(plan.task),
        "without_reading": without_reading(plan.task),
        "comparisons": comparisons,
    }


def _trials(setting: Setting, plan: Plan, arm: str, head_dim: int, rate: float) -> list[Measured]:
    """Train once a seed."""
    model = Model(
        d_model=plan.d_model,
        d_ff=2 * plan.d_model,
        num_heads=plan.d_model // head_dim,
        num_encoder_layers=1,
        num_decoder_layers=1,
        dropout=0.0,
        max_length=plan.task.longest + 1,
    )
    training = Training(
        updates=plan.updates,
        optimizer="adam",
        learning_rate=rate,
        schedule="constant",
        warmup=plan.updates // 10,
        label_smoothing=0.0,
    )
    inputs = {
        "arm": arm,
        "seeds": plan.seeds,
        "task": asdict(plan.task),
        "model": model.model_dump(),
        "training": training.model_dump(),
    }

    def train() -> Measured:
        seeds = range(1, plan.seeds + 1)
        return {
            "trials": [
                learn_to_reverse(plan.task, model, training, seed=seed, change=ARMS[arm]) for seed in seeds
            ]
        }

    return setting.part(f"reverse-{head_dim}-{rate:g}-{arm}", inputs, train)["trials"]


EXPERIMENT = Experiment(
    name="scaling",
    formula="""
scores = Q Kᵀ / sqrt(head_dim), weights = softmax(scores), context = weights V

Var(q · k) = head_dim · Var(qᵢ kᵢ) = head_dim, for independent entries with mean 0 and variance 1

∂L/∂sⱼ = wⱼ (gⱼ − Σₖ wₖ gₖ), with g = ∂L/∂w: next to nothing for every j where one weight is nearly 1
""",
    code=(attend_by_steps, undo_division, measure_saturation, learn_to_reverse, without_reading),
    measure=measure,
    tell=tell,
)
