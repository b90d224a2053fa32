"""Run a network again where its input has changed, and only there.

A square that covers part of a picture changes of each feature map only the window that it can reach; all the rest was
computed for the bare picture already. `Incremental` keeps the bare picture's maps. For each changed input it carries
windows from layer to layer: convolutions and poolings see a window within its kept surroundings, layers that act on
each position alone see just the window, and a global average adds the windows' sums to the sums that were kept. The
first layer of any other kind gets whole maps, put together, and from there on the network runs as it is. The results
are those of full passes up to rounding.

Several windows go through a layer in one batch. They have one size there, that of the largest; a window that would
leave its map is moved back into it, so that it holds what has not changed as well, computed afresh.

The idea is that of Krypton (Nakandala, Kumar and Papakonstantinou 2019, doi:10.1145/3299869.3319874); lecture,
section 2.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from cs182viz.zoo import Classifier

_POINTWISE_MODULES = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SiLU, nn.GELU, nn.Sigmoid, nn.Tanh, nn.Identity)
_QUIET_MODULES = (nn.BatchNorm2d, nn.Dropout, nn.Dropout2d)  # act on each position alone while they do not train
_POINTWISE_FUNCTIONS = (F.relu, torch.relu, F.relu6, F.silu, torch.sigmoid)
_ADDITIONS = (operator.add, operator.iadd, torch.add)


class NotFollowedError(ValueError):
    """The network has a form that cannot be followed from layer to layer."""


@dataclass(frozen=True)
class Windows:
    """What may have changed of N copies of one feature map: windows of one size, each within the map."""

    values: Tensor  # (N, C, h, w)
    rows: Tensor  # (N,) first row of each window in the map
    columns: Tensor  # (N,) first column
    kept: Tensor  # (1, C, H, W) the map before the change

    def crop(self, rows: Tensor, columns: Tensor, size: tuple[int, int], *, beyond: float = 0.0) -> Tensor:
        """Cut windows (N, C, *size) out of the changed maps; where they leave the map they hold `beyond`."""
        if self.values.shape[2:] == size and rows.equal(self.rows) and columns.equal(self.columns):
            return self.values
        count, channels, height, width = self.values.shape
        map_height, map_width = self.kept.shape[2:]
        y, x = _range(rows, size[0]), _range(columns, size[1])  # (N, h), (N, w) in the map
        # one table of pixels: those of the kept map, one for all beyond it, those of the windows
        border = map_height * map_width
        kept_y = torch.where((y >= 0) & (y < map_height), y * map_width, border)
        kept_x = torch.where((x >= 0) & (x < map_width), x, border)
        start = border + 1 + height * width * torch.arange(count, device=rows.device)[:, None]
        y, x = y - self.rows[:, None], x - self.columns[:, None]  # in the window
        own_y = torch.where((y >= 0) & (y < height), start + y * width, -start[-1] - border - height * width)
        own_x = torch.where((x >= 0) & (x < width), x, -start[-1] - border - height * width)
        kept_index = (kept_y[:, :, None] + kept_x[:, None, :]).clamp_(max=border)  # (N, h, w)
        index = torch.maximum(kept_index, own_y[:, :, None] + own_x[:, None, :])  # a window's pixel comes later
        parts = (self.kept, self.kept.new_full((1, channels, 1, 1), beyond), self.values)
        table = torch.cat([part.permute(0, 2, 3, 1).reshape(-1, channels) for part in parts])
        return table.index_select(0, index.flatten()).view(count, *size, channels).permute(0, 3, 1, 2)

    def whole(self) -> Tensor:
        """Put the changed maps together, (N, C, H, W)."""
        start = torch.zeros_like(self.rows)
        return self.crop(start, start, self.kept.shape[2:])


class Incremental:
    """A network that has seen one image, and sees changes of it at the price of what they change.

    Parameters
    ----------
    model
        a network in evaluation mode; `torch.fx` must be able to trace it.
    image
        (1, C, H, W), what the network has seen.

    Raises
    ------
    NotFollowedError
        (a ValueError) the network cannot be traced, trains, or has hooks on its layers.
    """

    def __init__(self, model: nn.Module, image: Tensor) -> None:
        self.image = image.detach().clone(memory_format=torch.channels_last)
        self.network = _trace(model.net if isinstance(model, Classifier) else model)
        self.kept: dict[fx.Node, Any] = {}
        with torch.no_grad():
            self.scores = _Keeper(self.network, self.kept).run(image.detach().clone())  # (1, classes) of the bare image
            if not torch.allclose(self.scores, model(image.detach()), rtol=1e-4, atol=1e-5):
                raise NotFollowedError("the traced network does not give what the network gives.")

    def __call__(self, patches: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """Scores (N, classes) of N images, each with one of `patches` (N, C, h, w) put at its row and column."""
        patches = patches.clone(memory_format=torch.channels_last)
        with torch.no_grad():
            return _Follower(self.network, self.kept).run(Windows(patches, rows, columns, self.image))


class _Keeper(fx.Interpreter):
    """Runs the network and keeps what every step of it gave."""

    def __init__(self, network: fx.GraphModule, kept: dict[fx.Node, Any]) -> None:
        super().__init__(network)
        self.kept = kept

    def run_node(self, node: fx.Node) -> Any:
        result = super().run_node(node)
        is_map = isinstance(result, Tensor) and result.ndim == 4
        self.kept[node] = result.contiguous(memory_format=torch.channels_last) if is_map else result
        return result


class _Follower(fx.Interpreter):
    """Runs the network on windows as far as they lead, and on whole maps from there on."""

    def __init__(self, network: fx.GraphModule, kept: dict[fx.Node, Any]) -> None:
        super().__init__(network)
        self.kept = kept

    def run_node(self, node: fx.Node) -> Any:
        args, kwargs = self.fetch_args_kwargs_from_env(node)
        tensors = [value for value in _leaves(args) if isinstance(value, Windows | Tensor)]
        if node.op in ("placeholder", "output") or not any(isinstance(value, Windows) for value in tensors):
            return super().run_node(node)
        if all(isinstance(value, Windows) for value in tensors):
            target = self.fetch_attr(node.target) if node.op == "call_module" else node.target
            step = _step(target, args, kwargs)
            if step is not None:
                return step(tensors, self.kept[node])
        args, kwargs = fx.node.map_aggregate((args, kwargs), _whole)
        return getattr(self, node.op)(node.target, args, kwargs)


Step = Callable[[list[Windows], Tensor], Windows | Tensor]


def _step(target: Any, args: tuple, kwargs: dict) -> Step | None:
    """How one step of the network acts on windows, given them and the kept result; None if it needs whole maps."""
    kind = type(target)
    if kind in _POINTWISE_MODULES or (kind in _QUIET_MODULES and not target.training):
        return lambda inputs, kept: _like(inputs[0], target(inputs[0].values), kept)
    if target in _POINTWISE_FUNCTIONS:
        return lambda inputs, kept: _like(inputs[0], target(inputs[0].values, **kwargs), kept)
    if kind is nn.Conv2d and target.padding_mode == "zeros" and not isinstance(target.padding, str):
        return lambda inputs, kept: _slide(target, inputs[0], kept, beyond=0.0)
    if kind is nn.MaxPool2d and not target.return_indices:
        return lambda inputs, kept: _slide(target, inputs[0], kept, beyond=-torch.inf)
    if kind is nn.AdaptiveAvgPool2d and target.output_size in (1, (1, 1)):
        return lambda inputs, kept: _average(inputs[0])
    if target is torch.cat and (args[1:] == (1,) or kwargs == {"dim": 1}):
        return lambda inputs, kept: _join(torch.cat, inputs, kept)
    if target in _ADDITIONS and not kwargs and all(isinstance(arg, Windows) for arg in args):
        return lambda inputs, kept: _join(lambda parts, _: parts[0] + parts[1], inputs, kept)
    return None


def _slide(layer: nn.Conv2d | nn.MaxPool2d, windows: Windows, kept: Tensor, *, beyond: float) -> Windows:
    """A convolution or maximum over the windows and as much of their surroundings as its kernel needs."""
    options = (layer.kernel_size, layer.stride, layer.padding, layer.dilation)
    kernel, stride, padding, dilation = (_pair(option) for option in options)
    reach = [(k - 1) * d for k, d in zip(kernel, dilation, strict=True)]
    firsts, extents = [], []
    for axis, first in enumerate((windows.rows, windows.columns)):
        last = first + windows.values.shape[2 + axis] - 1
        lowest = -torch.div(reach[axis] - padding[axis] - first, stride[axis], rounding_mode="floor")
        highest = torch.div(last + padding[axis], stride[axis], rounding_mode="floor")
        first, extent = _fit(lowest, highest, kept.shape[2 + axis])
        firsts.append(first)
        extents.append(extent)
    if tuple(extents) == kept.shape[2:]:
        return Windows(layer(windows.whole()), *firsts, kept)
    needed = tuple((extent - 1) * s + r + 1 for extent, s, r in zip(extents, stride, reach, strict=True))
    corner = (first * s - p for first, s, p in zip(firsts, stride, padding, strict=True))
    values = windows.crop(*corner, needed, beyond=beyond)
    if isinstance(layer, nn.Conv2d):
        values = F.conv2d(values, layer.weight, layer.bias, stride, 0, dilation, layer.groups)
    else:
        values = F.max_pool2d(values, kernel, stride, 0, dilation)
    return Windows(values, *firsts, kept)


def _join(combine: Callable[[list[Tensor], int], Tensor], inputs: list[Windows], kept: Tensor) -> Windows:
    """Several maps made one, over windows that hold those of all."""
    starts, ends = [], []
    for axis, first in enumerate(("rows", "columns")):
        starts.append(torch.stack([getattr(one, first) for one in inputs]))
        ends.append(starts[axis] + torch.tensor([[one.values.shape[2 + axis] - 1] for one in inputs]))
    fitted = [_fit(starts[axis].amin(0), ends[axis].amax(0), kept.shape[2 + axis]) for axis in (0, 1)]
    (rows, height), (columns, width) = fitted
    return Windows(combine([one.crop(rows, columns, (height, width)) for one in inputs], 1), rows, columns, kept)


def _average(windows: Windows) -> Tensor:
    """Mean over each whole map, (N, C, 1, 1), of which only the windows are summed up anew."""
    count, channels, height, width = windows.values.shape
    outside = torch.ones(count, *windows.kept.shape[2:], dtype=windows.kept.dtype, device=windows.kept.device)
    for mask, row, column in zip(outside, windows.rows.tolist(), windows.columns.tolist(), strict=True):
        mask[row : row + height, column : column + width] = 0
    kept = outside.flatten(1) @ windows.kept.permute(0, 2, 3, 1).reshape(-1, channels)  # (N, C)
    return ((kept + windows.values.sum((2, 3))) / outside[0].numel())[:, :, None, None]


def _fit(lowest: Tensor, highest: Tensor, size: int) -> tuple[Tensor, int]:
    """First entry of N windows from `lowest` to `highest`, one extent for all, each moved back into 0..size - 1."""
    lowest, highest = lowest.clamp(min=0), highest.clamp(max=size - 1)
    extent = max(1, int((highest - lowest).max()) + 1)
    return lowest.clamp(max=size - extent), extent


def _like(windows: Windows, values: Tensor, kept: Tensor) -> Windows:
    return Windows(values, windows.rows, windows.columns, kept)


def _range(first: Tensor, extent: int) -> Tensor:
    return first[:, None] + torch.arange(extent, device=first.device)  # (N, extent)


def _pair(option: int | tuple[int, int]) -> tuple[int, int]:
    return (option, option) if isinstance(option, int) else tuple(option)


def _whole(value: Any) -> Any:
    return value.whole().contiguous() if isinstance(value, Windows) else value


def _leaves(args: Any) -> list[Any]:
    found: list[Any] = []
    fx.node.map_aggregate(args, found.append)
    return found


def _trace(network: nn.Module) -> fx.GraphModule:
    """The network as a list of steps."""
    if network.training:
        raise NotFollowedError(f"{type(network).__name__} is in training mode: call eval() first.")
    for module in network.modules():
        if module._forward_hooks or module._forward_pre_hooks:
            raise NotFollowedError(f"a hook acts on {type(module).__name__}: windows would pass it by.")
    try:
        traced = fx.symbolic_trace(network)
    except Exception as error:  # whatever stops the trace, a full pass still works
        raise NotFollowedError(f"{type(network).__name__} cannot be traced: {error}") from error
    for node in traced.graph.nodes:
        if _writes_into_its_input(node, traced) and len(node.all_input_nodes[0].users) > 1:
            raise NotFollowedError(f"{node.target} changes in place what another layer reads.")
    return traced


def _writes_into_its_input(node: fx.Node, traced: fx.GraphModule) -> bool:
    if node.op == "call_module":
        return getattr(traced.get_submodule(node.target), "inplace", False)
    named = getattr(node.target, "__name__", str(node.target))
    return node.kwargs.get("inplace", False) or node.target is operator.iadd or named.endswith("_")
