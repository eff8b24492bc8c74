"""What is wrong with the recurrent network's calculation: its steps wait for one another.

Reference:
    Vaswani et al. 2017, section 4 and table 1; Cho et al. 2014; Bahdanau et al. 2015.
"""

from dataclasses import asdict, dataclass
from typing import Any

from manyheads.experiments.dependence import count_products
from manyheads.experiments.experiment import Experiment, Measured, Setting
from manyheads.experiments.layer_speed import Sizes, contestants, count_along, operations, time_layers
from manyheads.experiments.parallel_told import tell
from manyheads.experiments.race import Limits, race
from manyheads.experiments.step_speed import RECURRENT, TRANSFORMER, Steps, time_steps
from manyheads.experiments.whole import check_data, whole_part
from manyheads.recipes.schema import Model, Recurrent


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Attributes:
        sizes: Of the layers.
        lengths: Tokens of a sequence, each twice the one before.
        batches: Sequences of a batch, for the layers.
        threads: Threads that calculate.
        steps: Whole translators' training steps.
        limits: What takes too long or too much memory is left out.
    """

    sizes: Sizes
    lengths: tuple[int, ...]
    batches: tuple[int, ...]
    threads: tuple[int, ...]
    steps: Steps
    limits: Limits


_FULL = Plan(
    sizes=Sizes(d_model=256, num_heads=4, d_ff=1024),
    lengths=(16, 32, 64, 128, 256, 512, 1024, 2048, 4096),
    batches=(1, 32),
    threads=(1, 2),
    steps=Steps(
        # 4.2 million parameters each: as deep as the Transformer, and wider by as much as that takes.
        recurrent=Recurrent(d_model=336, num_encoder_layers=2, num_decoder_layers=2),
        transformer=Model(d_model=256, d_ff=1024, num_encoder_layers=2, num_decoder_layers=2),
        vocab_size=2000,
        tokens=2048,
        lengths=(16, 32, 64, 128, 256, 512, 1024, 2048),
    ),
    limits=Limits(seconds=12.0, memory=4 * 10**9, least=3, most=11, enough=2.0),
)
_QUICK = Plan(
    sizes=Sizes(d_model=16, num_heads=2, d_ff=32),
    lengths=(16, 32, 64, 128),
    batches=(1, 4),
    # Tiny matrices on two threads are a measurement of waiting for the second one.
    threads=(1,),
    steps=Steps(
        recurrent=Recurrent(d_model=16, num_encoder_layers=2, num_decoder_layers=2),
        transformer=Model(d_model=16, d_ff=16, num_heads=2, num_encoder_layers=2, num_decoder_layers=2),
        vocab_size=50,
        tokens=64,
        lengths=(16, 32, 64),
    ),
    limits=Limits(seconds=1.0, memory=10**8, least=2, most=3, enough=0.1),
)


def measure(setting: Setting) -> Measured:
    """Count and time layers of both kinds, then time training steps of whole translators.

    Args:
        setting: How it is run.

    Returns:
        `sizes` and `limits`; `counted`, what is calculated at each length; `layers`, a race for each number
        of sequences and threads; `steps`, a race for each number of threads; and the `whole` translators,
        trained to the end.
    """
    plan = _QUICK if setting.quick else _FULL
    check_data(setting)  # which is needed at the end: better told before all else is measured
    common = {"sizes": asdict(plan.sizes), "lengths": plan.lengths}
    return {
        "sizes": asdict(plan.sizes),
        "limits": asdict(plan.limits),
        "counted": setting.part("counted", common, lambda: count_along(plan.sizes, plan.lengths)),
        "layers": [
            _layers(setting, plan, sequences, threads)
            for sequences in plan.batches
            for threads in plan.threads
        ],
        "steps": {
            "sizes": {name: sizes.in_words() for name, sizes in _networks(plan).items()},
            "vocab_size": plan.steps.vocab_size,
            "tokens": plan.steps.tokens,
            "races": [_steps(setting, plan, threads) for threads in plan.threads],
        },
        "whole": whole_part(setting),
    }


def _layers(setting: Setting, plan: Plan, sequences: int, threads: int) -> Measured:
    inputs = {
        "sizes": asdict(plan.sizes),
        "lengths": plan.lengths,
        "sequences": sequences,
        "threads": threads,
        "limits": asdict(plan.limits),
    }

    def measured() -> Measured:
        return time_layers(
            plan.sizes, plan.lengths, sequences=sequences, threads_used=threads, limits=plan.limits
        )

    return setting.part(f"layers-{sequences}-{threads}", inputs, measured)


def _steps(setting: Setting, plan: Plan, threads: int) -> Measured:
    inputs: dict[str, Any] = {
        "networks": {name: sizes.model_dump() for name, sizes in _networks(plan).items()},
        "vocab_size": plan.steps.vocab_size,
        "tokens": plan.steps.tokens,
        "lengths": plan.steps.lengths,
        "threads": threads,
        "limits": asdict(plan.limits),
    }
    return setting.part(
        f"steps-{threads}",
        inputs,
        lambda: time_steps(plan.steps, threads_used=threads, limits=plan.limits),
    )


def _networks(plan: Plan) -> dict[str, Recurrent | Model]:
    return {RECURRENT: plan.steps.recurrent, TRANSFORMER: plan.steps.transformer}


EXPERIMENT = Experiment(
    name="parallel",
    formula="""
Recurrent: hₜ = f(xₜ, hₜ₋₁), so step t waits for step t − 1. Here f is a gated recurrent unit (Cho et al.
2014, section 2.3; as torch calculates it, which applies the reset behind the product with Uₙ), with σ the
logistic function and ⊙ the product entry by entry:

- reset: rₜ = σ(Wᵣ xₜ + Uᵣ hₜ₋₁ + bᵣ)
- update: zₜ = σ(W_z xₜ + U_z hₜ₋₁ + b_z)
- new: nₜ = tanh(Wₙ xₜ + bₙ + rₜ ⊙ (Uₙ hₜ₋₁ + cₙ))
- hₜ = (1 − zₜ) ⊙ nₜ + zₜ ⊙ hₜ₋₁

The products with W are made beforehand, in one for all tokens; those with U, in one a step, have to wait for
the step before.

Self-attention: context = softmax(Q Kᵀ / sqrt(head_dim)) V, all tokens at once (Vaswani et al. 2017,
equation 1).

Additive attention, with which the recurrent translator asks its source (Bahdanau et al. 2015, section 3.1 and
appendix A.1.2): contextₜ = softmax(scoresₜ) H, where scoresₜⱼ = vᵀ tanh(W sₜ₋₁ + U hⱼ) compares the decoder's
state before step t, sₜ₋₁, with hⱼ, which the encoder made of source token j and which is row j of H. It asks
with sₜ₋₁, so it waits too; and tanh makes d_model numbers for each pair (t, j), where Q Kᵀ makes one a head.

Operations a token: 12 · d_model² for a GRU, 8 · d_model² + 4 · length · d_model for self-attention; the
latter has more of them where length > d_model.
""",
    code=(contestants, operations, count_products, race),
    measure=measure,
    tell=tell,
)
