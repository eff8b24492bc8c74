"""The optimizer: what decays, and its state by the parameters' names."""

import pytest
import torch
from torch import nn

from manyheads.errors import ModelError
from manyheads.model.build_encoder import build_encoder
from manyheads.recipes.encoder import Bert
from manyheads.recipes.encoder_recipe import EncoderTraining
from manyheads.recipes.schema import Training
from manyheads.training.optimizer import build_optimizer, optimizer_tensors, restore_optimizer


def small():
    return nn.Sequential(nn.Linear(3, 5), nn.LayerNorm(5), nn.Linear(5, 2, bias=False))


def step(model, optimizer, seed):
    torch.manual_seed(seed)
    model(torch.randn(7, 3)).square().sum().backward()
    optimizer.step()
    optimizer.zero_grad()


@pytest.mark.parametrize(("name", "kind"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)])
def test_the_named_optimizer_gets_the_named_numbers(name, kind):
    config = Training(optimizer=name, betas=(0.8, 0.9), epsilon=1e-7, learning_rate=0.25)
    optimizer = build_optimizer(small(), config)
    assert type(optimizer) is kind
    for group in optimizer.param_groups:
        assert (group["betas"], group["eps"], group["lr"]) == ((0.8, 0.9), 1e-7, 0.25)


def test_norms_and_biases_do_not_decay():
    """Without a gradient's push AdamW multiplies what decays by 1 - 0.1 * 0.5 and leaves the rest."""
    model = small()
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    optimizer = build_optimizer(model, Training(optimizer="adamw", weight_decay=0.5, learning_rate=0.1))
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    shrunk = {name: 0.95 if name in ("0.weight", "2.weight") else 1.0 for name in before}
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.detach(), before[name] * shrunk[name])


def test_a_head_learns_at_its_own_rate_and_what_it_shares_does_not():
    network = build_encoder(
        Bert(d_model=8, d_ff=8, num_heads=2, num_layers=1, max_length=8), vocab_size=11, head="masked"
    )
    rates = {
        id(parameter): group["rate"]
        for group in build_optimizer(network, EncoderTraining(head_rate=4.0)).param_groups
        for parameter in group["params"]
    }
    faster = {name for name, parameter in network.named_parameters() if rates[id(parameter)] == 4.0}
    own = {f"head.{name}" for name in ("linear.weight", "linear.bias", "norm.weight", "norm.bias")}
    assert faster == own | {"head.output.bias", "bert.pooler.linear.weight", "bert.pooler.linear.bias"}
    assert set(rates.values()) == {1.0, 4.0}


def test_every_parameter_is_learned_once_even_where_it_serves_twice(make_model):
    model = make_model(tie_embeddings="all")
    optimizer = build_optimizer(model, Training())
    learned = [id(p) for group in optimizer.param_groups for p in group["params"]]
    assert sorted(learned) == sorted(id(parameter) for parameter in model.parameters())


def test_the_state_is_named_by_parameter():
    model = small()
    optimizer = build_optimizer(model, Training())
    assert optimizer_tensors(model, optimizer) == {}
    step(model, optimizer, 1)
    names = {
        f"{name}/{key}" for name, _ in model.named_parameters() for key in ("step", "exp_avg", "exp_avg_sq")
    }
    assert set(optimizer_tensors(model, optimizer)) == names


def test_a_restored_optimizer_goes_on_as_if_it_had_never_stopped():
    model = small()
    optimizer = build_optimizer(model, Training(learning_rate=0.1))
    for seed in range(3):
        step(model, optimizer, seed)
    tensors = {key: tensor.clone() for key, tensor in optimizer_tensors(model, optimizer).items()}
    other = small()
    other.load_state_dict(model.state_dict())
    restored = build_optimizer(other, Training(learning_rate=0.1))
    restore_optimizer(other, restored, tensors)
    for seed in (8, 9):
        step(model, optimizer, seed)
        step(other, restored, seed)
    assert all(torch.equal(*pair) for pair in zip(model.parameters(), other.parameters(), strict=True))


def test_what_was_restored_from_is_not_changed_by_going_on():
    model = small()
    optimizer = build_optimizer(model, Training())
    step(model, optimizer, 1)
    tensors = {key: tensor.clone() for key, tensor in optimizer_tensors(model, optimizer).items()}
    before = {key: tensor.clone() for key, tensor in tensors.items()}
    restored = build_optimizer(model, Training())
    restore_optimizer(model, restored, tensors)
    step(model, restored, 2)
    assert all(torch.equal(tensors[key], before[key]) for key in before)


def test_half_an_optimizers_state_is_no_state():
    """Without its moments Adam would start anew, and the resumed run would be another one."""
    model = small()
    optimizer = build_optimizer(model, Training())
    step(model, optimizer, seed=1)
    tensors = optimizer_tensors(model, optimizer)
    del tensors["2.weight/exp_avg"]
    with pytest.raises(ModelError) as error:
        restore_optimizer(model, optimizer, tensors)
    assert str(error.value) == "the optimizer's state of 2.weight is not whole; start a new run"


def test_what_is_not_learned_has_no_state_and_needs_none():
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    model[0].requires_grad_(requires_grad=False)
    before = model[0].weight.clone()
    optimizer = build_optimizer(model, Training(warmup=0, weight_decay=0.5))
    model(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    assert torch.equal(model[0].weight, before)
    tensors = optimizer_tensors(model, optimizer)
    assert {name.split("/")[0] for name in tensors} == {"1.weight", "1.bias"}
    again = build_optimizer(model, Training(warmup=0))
    restore_optimizer(model, again, tensors)
    assert set(optimizer_tensors(model, again)) == set(tensors)
