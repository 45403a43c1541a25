"""The optimiser of a stage, and its learning rate at any moment."""

import math

import torch
from torch import nn

from .recipe import Stage


def make_optimiser(stage: Stage, network: nn.Module) -> torch.optim.Optimizer:
    parameters = network.parameters()
    if stage.optimiser == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=stage.learning_rate)
    if stage.optimiser == "sgd":
        return torch.optim.SGD(parameters, lr=stage.learning_rate, momentum=0.9)
    return torch.optim.AdamW(parameters, lr=stage.learning_rate, weight_decay=1e-4)


def learning_rate(stage: Stage, fraction: float) -> float:
    if stage.final_learning_rate is None:
        return stage.learning_rate
    cosine = 0.5 * (1 + math.cos(math.pi * fraction))
    return stage.final_learning_rate + (stage.learning_rate - stage.final_learning_rate) * cosine
