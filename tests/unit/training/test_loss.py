"""The loss by hand, and the loss in chunks against the loss by its definition."""

import math

import pytest
import torch

from manyheads.training.loss import chunked_loss, plain_loss


def drawn(tokens, vocab=37, width=11):
    hidden = torch.randn(tokens, width, requires_grad=True)
    weight = torch.randn(vocab, width, requires_grad=True)
    return hidden, weight, torch.randint(vocab, (tokens,))


@pytest.mark.parametrize("loss_of", [plain_loss, chunked_loss])
def test_the_loss_is_the_one_worked_out_by_hand(loss_of):
    """Logits 0 and ln 3: probabilities 1/4 and 3/4; the label is the first.

    Plain: ln 4. With smoothing 0.1 the target is (0.95, 0.05): 0.95 ln 4 + 0.05 ln (4/3).
    """
    hidden, weight = torch.ones(1, 1), torch.tensor([[0.0], [math.log(3)]])
    loss = loss_of(hidden, weight, torch.tensor([0]), smoothing=0.1)
    assert loss.plain.item() == pytest.approx(math.log(4))
    assert loss.smoothed.item() == pytest.approx(0.95 * math.log(4) + 0.05 * math.log(4 / 3))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("tokens", [1, 255, 256, 257, 512, 700])
def test_chunks_give_the_value_and_both_gradients_of_the_definition(tokens, smoothing):
    """256 tokens are a chunk. The loss is scaled, as a mean over labels would scale it."""
    hidden, weight, labels = drawn(tokens)
    values, gradients = [], []
    for loss_of in (plain_loss, chunked_loss):
        loss = loss_of(hidden, weight, labels, smoothing=smoothing)
        values.append(torch.stack([loss.smoothed.detach(), loss.plain]))
        gradients.append(torch.autograd.grad(loss.smoothed / 7, [hidden, weight]))
    torch.testing.assert_close(values[1], values[0], rtol=1e-5, atol=1e-4)
    for chunked, plain in zip(gradients[1], gradients[0], strict=True):
        torch.testing.assert_close(chunked, plain, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("tokens", [5, 257])
def test_a_bias_counts_in_the_chunks_as_in_the_definition(tokens):
    hidden, weight, labels = drawn(tokens)
    bias = torch.randn(37, requires_grad=True)
    values, gradients = [], []
    for loss_of in (plain_loss, chunked_loss):
        loss = loss_of(hidden, weight, labels, smoothing=0.1, bias=bias)
        values.append(torch.stack([loss.smoothed.detach(), loss.plain]))
        gradients.append(torch.autograd.grad(loss.smoothed / 7, [hidden, weight, bias]))
    torch.testing.assert_close(values[1], values[0], rtol=1e-5, atol=1e-4)
    for chunked, plain in zip(gradients[1], gradients[0], strict=True):
        torch.testing.assert_close(chunked, plain, rtol=1e-4, atol=1e-5)


def test_without_smoothing_both_sums_are_one():
    loss = chunked_loss(*drawn(300), smoothing=0.0)
    assert loss.smoothed.item() == pytest.approx(loss.plain.item(), rel=1e-6)


def test_the_plain_sum_carries_no_gradient():
    hidden, weight, labels = drawn(5)
    for loss_of in (plain_loss, chunked_loss):
        loss = loss_of(hidden, weight, labels, smoothing=0.1)
        assert (loss.smoothed.requires_grad, loss.plain.requires_grad) == (True, False)


@pytest.mark.parametrize("learned", [0, 1])
def test_either_side_may_be_frozen(learned):
    hidden, weight, labels = drawn(300)
    sides = [hidden, weight]
    sides[1 - learned] = sides[1 - learned].detach()
    chunked, plain = (
        torch.autograd.grad(loss_of(*sides, labels, smoothing=0.1).smoothed, [sides[learned]])[0]
        for loss_of in (chunked_loss, plain_loss)
    )
    torch.testing.assert_close(chunked, plain, rtol=1e-4, atol=1e-5)


def test_a_loss_that_nobody_learns_from_has_no_gradient():
    hidden, weight, labels = drawn(300)
    with torch.no_grad():
        loss = chunked_loss(hidden, weight, labels, smoothing=0.1)
    assert not loss.smoothed.requires_grad
    assert loss.plain.item() == pytest.approx(plain_loss(hidden, weight, labels, smoothing=0.0).plain.item())


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_in_bfloat16_value_and_gradients_stay_close(smoothing):
    """bfloat16 has 8 bits: products are right to about one part in 256."""
    hidden, weight, labels = drawn(300)
    exact = plain_loss(hidden, weight, labels, smoothing=smoothing)
    wanted = torch.autograd.grad(exact.smoothed, [hidden, weight])
    with torch.autocast("cpu", torch.bfloat16):
        loss = chunked_loss(hidden, weight, labels, smoothing=smoothing)
    assert loss.smoothed.dtype == torch.float32
    assert loss.smoothed.item() == pytest.approx(exact.smoothed.item(), rel=0.005)
    for gradient, exactly in zip(torch.autograd.grad(loss.smoothed, [hidden, weight]), wanted, strict=True):
        assert gradient.dtype == torch.float32
        assert torch.cosine_similarity(gradient.flatten(), exactly.flatten(), dim=0) > 0.9995


def test_hidden_vectors_in_bfloat16_get_a_gradient_in_bfloat16():
    hidden, weight, labels = drawn(5)
    low = hidden.detach().bfloat16().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        chunked_loss(low, weight, labels, smoothing=0.1).smoothed.backward()
    assert (low.grad.dtype, weight.grad.dtype) == (torch.bfloat16, torch.float32)


def test_what_is_given_is_not_changed():
    hidden, weight, labels = drawn(300)
    before = hidden.detach().clone(), weight.detach().clone(), labels.clone()
    chunked_loss(hidden, weight, labels, smoothing=0.1).smoothed.backward()
    assert all(torch.equal(*pair) for pair in zip(before, (hidden, weight, labels), strict=True))


def test_large_logits_do_not_overflow():
    """A logit of 1000 for the wrong word and 0 for the right one: a loss of 1000."""
    weight = torch.tensor([[0.0], [1000.0]])
    loss = chunked_loss(torch.ones(1, 1), weight, torch.tensor([0]), smoothing=0.0)
    assert loss.plain.item() == pytest.approx(1000)
