"""A network that holds whatever is hard about hooks, and what the tests of `cs182viz.layers` ask of it."""

import torch
import torch.nn.functional as F
from torch import nn

from cs182viz import layers

RULES = {
    "backprop": lambda grad_output, x: grad_output * (x > 0),
    "deconvnet": lambda grad_output, x: grad_output * (grad_output > 0),
    "guided": lambda grad_output, x: grad_output * (x > 0) * (grad_output > 0),
}


class SmallNet(nn.Module):
    """ReLUs of every kind: two modules (one in place), functions and methods (in place and not)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.block = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU(), nn.Conv2d(4, 4, 1))
        self.fc = nn.Linear(4, 5)
        self.layer_names = {"first": "conv1", "norm": "norm", "logits": "fc"}

    def forward(self, x):
        x = self.relu1(self.conv1(x))
        x = F.relu(self.norm(self.conv2(x)), inplace=True)
        x = torch.relu(self.block(x))
        return self.fc(x.mean((2, 3)))


def gradient(model: nn.Module, x: torch.Tensor, target: int) -> torch.Tensor:
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(model(x)[:, target].sum(), x)[0]


HOOK_DICTIONARIES = [name for name in vars(nn.Module()) if "hooks" in name]


def state(model: nn.Module) -> list:
    """Everything about a model that must survive a visit."""
    modules = [
        [path, id(module), type(module), module.training, getattr(module, "inplace", None), sorted(vars(module))]
        + [len(getattr(module, hooks)) for hooks in HOOK_DICTIONARIES]
        for path, module in model.named_modules(remove_duplicate=False)
    ]
    parameters = [
        (name, id(p), p.requires_grad, None if p.grad is None else p.grad.tolist())
        for name, p in model.named_parameters()
    ]
    return [modules, parameters, layers.weights_hash(model)]


def small_net() -> SmallNet:
    """One with random weights, a frozen parameter and a gradient lying about."""
    torch.manual_seed(0)
    net = SmallNet().eval()
    net.conv1.weight.requires_grad_(False)
    net.fc.bias.grad = torch.ones(5)
    return net


def small_input() -> torch.Tensor:
    return torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
