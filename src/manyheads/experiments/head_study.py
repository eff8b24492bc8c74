"""What the heads of one trained translator do: how alike they are, and which of them it can do without."""

from collections.abc import Mapping, Sequence

import torch

from manyheads.batches.translation import TranslationBatch
from manyheads.evaluation.similarity import correlate
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
from manyheads.experiments.valid_pairs import Pair, first_pairs, loss_of, next_texts, packed
from manyheads.inference.translate import Translator
from manyheads.model.build import Translating, build_translator
from manyheads.model.initialize import initialize
from manyheads.model.tap import record_attention, switch_off
from manyheads.text.prepare import PreparedPairs

_STEPS, _QUICK_STEPS = 8, 2
_SEED = 1


def study_heads(translator: Translator, prepared: PreparedPairs, *, quick: bool) -> Measured:
    """Study a translator's heads on validation pairs.

    Args:
        translator: The model.
        prepared: Its corpus.
        quick: Whether a few pairs will do.

    Returns:
        `pairs`, how many; by attention how far apart its heads look (`divergence`, bits) and how alike what
        they carry away is (`alike`, linear CKA), each None where there is one head, and both of a network
        that has learned nothing, `untrained`; the `cost` of switching each head off alone, nats a token; its
        `importance`, and how well both agree (`agreement`, Spearman); and two `curves` of BLEU on other
        pairs while heads go, by either order.
    """
    pairs = first_pairs(prepared, quick=quick)
    whole = packed(translator, pairs)
    importance = _importance(translator, pairs)

    def loss_without(off: Sequence[Head]) -> float:
        with torch.no_grad(), switch_off(translator.model, heads=off):
            return loss_of(translator, whole)().item()

    cost = cost_of_each(heads_of(translator.model), loss_without)
    return {
        "pairs": len(pairs),
        "loss": loss_without([]),
        **_likeness(translator.model, whole),
        "untrained": _likeness(_untrained(translator), whole),
        "cost": {head_name(head): value for head, value in cost.items()},
        "importance": {head_name(head): value for head, value in importance.items()},
        "agreement": correlate(list(cost.values()), [importance[head] for head in cost]).spearman,
        "curves": _curves(translator, prepared, {"importance": importance, "cost": cost}, quick=quick),
    }


def _importance(translator: Translator, pairs: Sequence[Pair]) -> dict[Head, float]:
    """Estimate importance sentence by sentence; one head alone would be all of its layer's."""
    losses = (loss_of(translator, packed(translator, [pair])) for pair in pairs)
    importance = head_importance(translator.model, losses)
    several = any(head > 0 for _, _, head in importance)
    return even_out_layers(importance) if several else importance


def _curves(
    translator: Translator,
    prepared: PreparedPairs,
    orders: Mapping[str, Mapping[Head, float]],
    *,
    quick: bool,
) -> Measured:
    sources, references = next_texts(prepared, quick=quick)

    def bleu_without(off: Sequence[Head]) -> float:
        with switch_off(translator.model, heads=off):
            return evaluate_translator(translator, sources, references).scores.bleu.value

    steps = _QUICK_STEPS if quick else _STEPS
    return {
        name: pruning_curve(pruning_order(values), bleu_without, steps=min(steps, len(values)))
        for name, values in orders.items()
    }


def _untrained(translator: Translator) -> Translating:
    """Build the same network once more, with numbers as training begins with."""
    config = translator.config
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        model = build_translator(
            config.model, src_vocab_size=config.src_vocab_size, tgt_vocab_size=config.tgt_vocab_size
        )
        initialize(model)
    return model.eval()


def _likeness(model: Translating, batch: TranslationBatch) -> Measured:
    """Compare the heads of each attention with each other."""
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
