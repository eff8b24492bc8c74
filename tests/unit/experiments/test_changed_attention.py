"""The division undone and the future hidden: by hand, in training and in use."""

import math

import pytest
import torch

from manyheads.batches.packed import Layout, Lengths, pack
from manyheads.batches.translation import pack_pairs
from manyheads.experiments.changed_attention import look_back_only, undo_division
from manyheads.model.attend import attend_by_steps
from manyheads.model.attention import Attention
from manyheads.model.tap import Tap, observe, record_attention
from manyheads.text.tokenizer import OUR_PAIR
from manyheads.training.translation_loss import translation_loss


@pytest.fixture
def attention():
    return Attention(d_model=8, num_heads=2, dropout=0.0, kind="encoder", layer=0)


def weights_of(attention, query, key):
    with record_attention(attention) as maps:
        attend_by_steps(query, key, key, tap=Tap(attention))
    return maps["encoder"][0][0][0]


def test_undivided_scores_are_plain_products(attention):
    """One query (1, 1, 0, 0), keys (ln 2, 0, 0, 0) and (0, 0, 5, 0): products ln 2 and 0, shares 2/3 and 1/3.

    Divided by sqrt(4) the first score is ln(2) / 2, with the exponential sqrt(2), beside exp(0) = 1.
    """
    query = torch.tensor([[[[1.0, 1, 0, 0]]]])
    key = torch.tensor([[[[math.log(2), 0, 0, 0], [0, 0, 5, 0]]]])
    plain = weights_of(attention, query, key)
    with undo_division(attention):
        undivided = weights_of(attention, query, key)
    root = math.sqrt(2)
    torch.testing.assert_close(plain, torch.tensor([[root / (root + 1), 1 / (root + 1)]]))
    torch.testing.assert_close(undivided, torch.tensor([[2 / 3, 1 / 3]]))


def test_the_scores_are_divided_again_afterwards(attention):
    query, key = torch.randn(2, 2, 3, 4), torch.randn(2, 2, 5, 4)
    plain = weights_of(attention, query, key)
    with undo_division(attention):
        assert not torch.allclose(weights_of(attention, query, key), plain)
    torch.testing.assert_close(weights_of(attention, query, key), plain)


def test_every_attention_of_a_model_is_changed_and_no_mask_is_lost(make_model):
    """Every score comes out sqrt(14) times as large; the decoder's future stays at minus infinity."""
    model = make_model(num_encoder_layers=1, num_decoder_layers=1)
    src, tgt = pack([[3, 4, 5, 6, 7]]), pack([[8, 9, 10]])

    def scores():
        seen = {}

        def keep(site, tensor):
            if site.point == "scores":
                seen[site.kind] = tensor

        with observe(model, keep), torch.no_grad():
            model(src, tgt)
        return seen

    plain = scores()
    with undo_division(model):
        undivided = scores()
    torch.testing.assert_close(undivided["encoder"], plain["encoder"] * math.sqrt(14))
    # What the other two read has passed a changed layer: here it is the mask that counts.
    assert undivided["decoder"].isinf().equal(plain["decoder"].isinf())
    assert not torch.allclose(undivided["cross"], plain["cross"])


def test_gradients_flow_through_undivided_scores(make_model, draw_ids):
    """A network whose query weights are sqrt(head_dim) times as large has the same loss and gradients.

    The gradient to that query weight is smaller by the factor by which the weight is larger.
    """
    lengths = (3, 5)
    batch = pack_pairs(draw_ids(lengths), draw_ids(lengths[::-1], seed=2), OUR_PAIR)
    observed, stretched = make_model().train(), make_model().train()
    with torch.no_grad():
        for name, parameter in stretched.named_parameters():
            if ".query." in name:
                parameter.mul_(math.sqrt(14))
    with undo_division(observed):
        loss = translation_loss(observed, batch, 0.1).smoothed
    loss.backward()
    other = translation_loss(stretched, batch, 0.1).smoothed
    other.backward()
    torch.testing.assert_close(loss, other, rtol=1e-5, atol=1e-5)
    others = dict(stretched.named_parameters())
    for name, parameter in observed.named_parameters():
        factor = math.sqrt(14) if ".query." in name else 1.0
        torch.testing.assert_close(parameter.grad, others[name].grad * factor, rtol=1e-3, atol=1e-4)


def test_a_future_token_never_changes_an_earlier_state_of_an_encoder_that_looks_back(make_model):
    """Two sentences of 5 tokens and one of 3; in the second, the tokens from the third on are other ones."""
    model = make_model()
    before = pack([[3, 4, 5, 6, 7], [8, 9, 10, 11, 12], [13, 14, 15]])
    after = pack([[3, 4, 5, 6, 7], [8, 9, 20, 21, 22], [13, 14, 15]])
    same = torch.tensor([True] * 7 + [False] * 3 + [True] * 3)
    with torch.no_grad(), look_back_only(model):
        one, other = model.encode(before), model.encode(after)
    torch.testing.assert_close(one[same], other[same], rtol=0, atol=1e-5)
    assert not torch.isclose(one[~same], other[~same]).all(dim=1).any()
    with torch.no_grad():
        assert not torch.allclose(model.encode(before)[5:7], model.encode(after)[5:7], atol=1e-4)


def test_an_encoder_that_looks_back_attends_like_a_decoder(attention):
    """The same parameters in an attention of kind decoder, whose own mask hides the future."""
    decoder = Attention(d_model=8, num_heads=2, dropout=0.0, kind="decoder", layer=0)
    decoder.load_state_dict(attention.state_dict())
    hidden, lengths = torch.randn(7, 8), Lengths((3, 4))
    layout = Layout(lengths, lengths)
    with look_back_only(attention):
        changed = attention(hidden, hidden, layout)
    torch.testing.assert_close(changed, decoder(hidden, hidden, layout))


def test_looking_back_leaves_the_decoder_alone(make_model):
    """The decoder's first layer reads targets alone, and cross attention reads all of the source."""
    model = make_model()
    src, tgt = pack([[3, 4, 5, 6, 7]]), pack([[8, 9, 10]])
    with torch.no_grad(), record_attention(model) as plain:
        model(src, tgt)
    with torch.no_grad(), record_attention(model) as changed, look_back_only(model):
        model(src, tgt)
    torch.testing.assert_close(changed["decoder"][0][0], plain["decoder"][0][0])
    assert changed["cross"][0][0].min() > 0
