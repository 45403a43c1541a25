import pytest
import torch
from conftest import PATCHES, WHOLE

from anatomynet_training.optimisation import learning_rate, make_optimiser
from anatomynet_training.recipe import Stage


@pytest.mark.parametrize(("name", "kind", "settings"), [
    ("rmsprop", torch.optim.RMSprop, {"momentum": 0}),
    ("sgd", torch.optim.SGD, {"momentum": 0.9}),
    ("adamw", torch.optim.AdamW, {"weight_decay": 1e-4}),
])
def test_optimisers_are_those_of_the_recipe(name, kind, settings):
    network = torch.nn.Linear(2, 3)
    optimiser = make_optimiser(Stage(1, name, 0.25), network)
    assert type(optimiser) is kind
    (group,) = optimiser.param_groups
    assert {"lr": 0.25, **settings}.items() <= group.items()
    assert {id(value) for value in group["params"]} == {id(value) for value in network.parameters()}


def test_learning_rate_follows_half_a_cosine():
    assert learning_rate(PATCHES, 0) == pytest.approx(3e-3)
    assert learning_rate(PATCHES, 0.5) == pytest.approx(2e-3)
    assert learning_rate(PATCHES, 1) == pytest.approx(1e-3)
    assert learning_rate(WHOLE, 0.7) == 1e-3
