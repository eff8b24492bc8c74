"""What the heads of one trained translator do: how alike they are, and which of them it can do without."""

from collections.abc import Sequence

import torch

from manyheads.batches.translation import TranslationBatch
from manyheads.evaluation.translator import evaluate_translator
from manyheads.experiments.alike import mean_of_pairs, outputs_alike, record_contexts, weights_divergence
from manyheads.experiments.experiment import Measured
from manyheads.experiments.pruning import (
    Head,
    cost_of_each,
    even_out_layers,
    head_importance,
    head_name,
    heads_of,
    pruning_curve,
    pruning_order,
)
from manyheads.experiments.valid_pairs import first_pairs, loss_of, packed
from manyheads.inference.translate import Translator
from manyheads.model.tap import record_attention, switch_off
from manyheads.text.prepare import PreparedPairs

_STEPS, _QUICK_STEPS = 8, 2


def study_heads(translator: Translator, prepared: PreparedPairs, *, quick: bool) -> Measured:
    """Study a translator's heads on validation pairs.

    Args:
        translator: The model.
        prepared: Its corpus.
        quick: Whether a few pairs will do.

    Returns:
        `pairs`, how many; by attention how far apart its heads look (`divergence`, bits) and how alike what
        they carry away is (`alike`, linear CKA), each None where there is one head; the `cost` of switching
        each head off alone, nats a token; and the `curve` of BLEU while heads go, the least important first.
    """
    pairs = first_pairs(prepared, quick=quick)
    batches = [packed(translator, [pair]) for pair in pairs]
    whole = packed(translator, pairs)
    importance = even_out_layers(
        head_importance(translator.model, (loss_of(translator, batch) for batch in batches))
    )
    heads = heads_of(translator.model)
    sources, references = (side[: len(pairs)] for side in prepared.valid_texts())

    def loss_without(off: Sequence[Head]) -> float:
        with torch.no_grad(), switch_off(translator.model, heads=off):
            return loss_of(translator, whole)().item()

    def bleu_without(off: Sequence[Head]) -> float:
        with switch_off(translator.model, heads=off):
            return evaluate_translator(translator, sources, references).scores.bleu.value

    steps = _QUICK_STEPS if quick else _STEPS
    return {
        "pairs": len(pairs),
        "loss": loss_without([]),
        **_likeness(translator, whole),
        "cost": {head_name(head): cost for head, cost in cost_of_each(heads, loss_without).items()},
        "importance": {head_name(head): value for head, value in importance.items()},
        "curve": pruning_curve(pruning_order(importance), bleu_without, steps=min(steps, len(heads))),
    }


def _likeness(translator: Translator, batch: TranslationBatch) -> Measured:
    """Compare the heads of each attention with each other."""
    model = translator.model
    with torch.no_grad(), record_attention(model) as maps, record_contexts(model) as contexts:
        model(batch.src, batch.tgt)
    divergence, alike = {}, {}
    for kind, layers in maps.items():
        for layer, weights in enumerate(layers):
            several = len(weights[0]) > 1
            carried = torch.cat(contexts[kind, layer], dim=1)
            name = f"{kind}.{layer}"
            divergence[name] = mean_of_pairs(weights_divergence(weights)) if several else None
            alike[name] = mean_of_pairs(outputs_alike(carried)) if several else None
    return {"divergence": divergence, "alike": alike}
