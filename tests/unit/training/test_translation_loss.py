"""The loss of pairs: that of the target's tokens, bias of the output included."""

import pytest
import torch
from torch.nn import functional as F

from manyheads.batches.translation import pack_pairs
from manyheads.text.tokenizer import OUR_PAIR
from manyheads.training.translation_loss import translation_loss


@pytest.mark.parametrize("biased", [False, True])
def test_the_loss_is_that_of_the_models_own_logits(make_model, draw_ids, biased):
    model = make_model(output_bias=biased)
    batch = pack_pairs(draw_ids((3, 5)), draw_ids((2, 7), seed=2), OUR_PAIR)
    with torch.no_grad():
        hidden = model.decode(batch.tgt, model.encode(batch.src), batch.src.lengths)
        loss = translation_loss(model, batch, 0.0)
    by_hand = F.cross_entropy(model.output(hidden), batch.labels, reduction="sum").item()
    assert (model.output.bias is not None) is biased
    assert loss.plain.item() == pytest.approx(by_hand, rel=1e-5)
