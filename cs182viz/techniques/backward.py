"""Backward through ReLUs by another rule: what excites a unit, drawn at the pixels (lecture section 4).

A unit's signal 1 is sent back to the picture. Each convolution and pooling passes it on as in backpropagation; at a
ReLU with input x, where R arrives, a rule decides what goes on:

    backprop    [x > 0] R              Simonyan, Vedaldi and Zisserman 2014, doi:10.48550/arXiv.1312.6034
    deconvnet   [R > 0] R              Zeiler and Fergus 2014, doi:10.1007/978-3-319-10590-1_53, section 2.1
    guided      [x > 0] [R > 0] R      Springenberg et al. 2015, doi:10.48550/arXiv.1412.6806, section 3.4

The rule is an argument, a function of R and x. `layers.relu_rule` puts it into every ReLU of a network for as long as
its block lasts.
"""

from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import Tensor, nn

from cs182viz import layers
from cs182viz.devices import fastest_layout

Rule = Callable[[Tensor, Tensor], Tensor]


def relu_gradient(
    rule: Rule | None,
    x: Tensor,
    model: nn.Module,
    *,
    layer: str = "logits",
    unit: int | Tensor,
    position: tuple[int, int] | None = None,
    batch: int = 8,
) -> Tensor:
    """Signal that arrives at the pixels when a unit's is sent back by a rule, (N, C, H, W).

    Parameters
    ----------
    rule : ``rule(R, x)`` gives what a ReLU hands down, all of one shape; None is backpropagation as PyTorch has it.
    x : preprocessed pictures (N, C, H, W); they are left unchanged.
    layer : any layer of the model, by name, whose activation is (N, units) or (N, units, rows, columns).
    unit : which one, for all pictures or (N,) one for each.
    position : (row, column) in the unit's map; by default where the unit is most active in each picture.
    batch : pictures that go through the network at once.

    Raises
    ------
    ValueError
        If there is no such layer, unit or position.
    RuntimeError
        Within `torch.inference_mode()`.
    """
    layers.check_gradients()
    units = torch.as_tensor(unit).cpu()  # where they can be checked without waiting for the device
    if units.ndim > 0 and units.shape != x.shape[:1]:
        raise ValueError(f"expected one unit for all pictures or one for each of {len(x)}, got {tuple(units.shape)}.")
    units = units.expand(len(x))
    parts = zip(x.detach().split(batch), units.split(batch), strict=True)
    return torch.cat([_send_back(rule, part, model, layer, chosen, position) for part, chosen in parts])


def _send_back(
    rule: Rule | None, x: Tensor, model: nn.Module, layer: str, units: Tensor, position: tuple[int, int] | None
) -> Tensor:
    x = x.clone(memory_format=fastest_layout(x)).requires_grad_()
    with torch.enable_grad():
        with layers.relu_rule(model, rule) if rule else nullcontext():
            activation = layers.activations(model, x, layer)[layer]
        (signal,) = torch.autograd.grad(_select(activation, units, position, layer).sum(), x)
    return signal.contiguous()


def _select(activation: Tensor, units: Tensor, position: tuple[int, int] | None, layer: str) -> Tensor:
    """The activation of each picture's unit at its position, (N,)."""
    if activation.ndim not in (2, 4):
        raise ValueError(f"layer {layer!r} gives {tuple(activation.shape)}; choose one with units, in maps or not.")
    count = activation.shape[1]
    numbers = units.numpy()
    if units.is_floating_point() or numbers.min() < 0 or numbers.max() >= count:
        raise ValueError(f"layer {layer!r} has the units 0 to {count - 1}, got {units.tolist()}.")
    each = torch.arange(len(units), device=activation.device)
    own = activation[each, units.to(activation.device, non_blocking=True)]  # (N,) or (N, rows, columns)
    if activation.ndim == 2:
        if position is not None:
            raise ValueError(f"the units of layer {layer!r} have no positions; leave position out.")
        return own
    if position is None:
        return own.flatten(1).amax(dim=1)
    rows, columns = own.shape[1:]
    if not (0 <= position[0] < rows and 0 <= position[1] < columns):
        raise ValueError(f"the maps of layer {layer!r} are {rows}x{columns}; there is no position {position}.")
    return own[:, position[0], position[1]]
