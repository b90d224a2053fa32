"""Run a network again where its input has changed, and only there.

A square that covers part of a picture changes of each feature map only the window that it can reach; all the rest was
computed for the bare picture already. `Incremental` keeps the bare picture's maps. For each changed input it carries
windows from layer to layer: convolutions and poolings see a window within its kept surroundings, layers that act on
each position alone see just the window, and a global average adds the windows' sums to the sums that were kept. The
first layer of any other kind gets whole maps, put together, and from there on the network runs as it is. The results
are those of full passes up to rounding.

The idea is that of Krypton (Nakandala, Kumar and Papakonstantinou 2019, doi:10.1145/3299869.3319874); lecture,
section 2.
"""

from __future__ import annotations

import copy
import operator
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike
from torch import Tensor, fx, nn

from cs182viz.devices import fastest_layout
from cs182viz.techniques.occlusion.windows import Kept, Windows, average, join, rectified_average, slide
from cs182viz.zoo import Classifier

_POINTWISE_MODULES = (
    *(nn.ReLU, nn.ReLU6, nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid, nn.LeakyReLU, nn.ELU, nn.SiLU, nn.GELU),
    *(nn.Sigmoid, nn.Tanh, nn.Identity),
)
_QUIET_MODULES = (nn.BatchNorm2d, nn.Dropout, nn.Dropout2d)  # act on each position alone unless they train
_POINTWISE_FUNCTIONS = (F.relu, torch.relu, F.relu6, F.hardtanh, F.silu, torch.sigmoid)
_POOLINGS: dict[Any, Callable[..., nn.Module]] = {F.avg_pool2d: nn.AvgPool2d, F.max_pool2d: nn.MaxPool2d}
_ADDITIONS = (operator.add, operator.iadd, torch.add)

Step = Callable[[list[Windows], Kept], Windows | Tensor]


class NotFollowedError(ValueError):
    """The network has a form that cannot be followed from layer to layer."""


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
        image = image.detach().clone()
        self._image = Kept(image)
        self._follower = _Follower(_trace(model.net if isinstance(model, Classifier) else model))
        with torch.no_grad():
            self.scores = self._follower.keep(image)  # (1, classes), of the image as it is
            if not torch.allclose(self.scores, model(image), rtol=1e-4, atol=1e-5):
                raise NotFollowedError("the traced network does not give what the network gives.")

    @property
    def followed(self) -> list[bool]:
        """For each step that gives maps (N, C, h, w), in order, whether windows pass it."""
        nodes = [node for node in self._follower.network.graph.nodes if node in self._follower.kept]
        return [self._follower.steps[node] is not None for node in nodes if node.op != "placeholder"]

    @property
    def largest(self) -> int:
        """Bytes of the largest map of the network."""
        maps = (kept.pixels for kept in self._follower.kept.values())
        return max(pixels.numel() * pixels.element_size() for pixels in maps)

    def __call__(self, patches: Tensor, rows: ArrayLike, columns: ArrayLike) -> Tensor:
        """Scores (N, classes) of N images, each with one of `patches` (N, C, h, w) put at its row and column."""
        rows, columns = np.asarray(rows), np.asarray(columns)
        (height, width), channels = self._image.size, self._image.pixels.shape[2]
        last_rows, last_columns = rows + patches.shape[2], columns + patches.shape[3]
        if patches.shape[1] != channels or min(rows.min(), columns.min()) < 0:
            raise ValueError(f"expected patches of {channels} channels within the image, got {tuple(patches.shape)}")
        if last_rows.max() > height or last_columns.max() > width:
            raise ValueError(f"a patch leaves the image, which has {height}x{width} pixels")
        patches = patches.detach().clone(memory_format=fastest_layout(patches))
        windows = Windows(patches, rows, columns, self._image)
        with torch.no_grad():
            return copy.copy(self._follower).run(windows)  # each call its own steps: calls may run side by side


class _Follower(fx.Interpreter):
    """Runs the network on windows as far as they lead, and on whole maps from there on."""

    def __init__(self, network: fx.GraphModule) -> None:
        super().__init__(network)
        self.network = network
        self.kept: dict[fx.Node, Kept] = {}
        self.steps = {node: _step(node, network) for node in network.graph.nodes}
        for layer, rectified, pooled in _heads(network):
            self.steps[layer] = self.steps[rectified] = lambda inputs, _: inputs[0]  # the last of the three does it all
            self.steps[pooled] = self._head(_module(layer, network), rectified)

    def keep(self, image: Tensor) -> Any:
        """Run the network on the image before any change, and keep its maps."""
        return _Keeper(self.network, self.steps, self.kept).run(image.clone(memory_format=fastest_layout(image)))

    def run_node(self, node: fx.Node) -> Any:
        inputs = [self.env[source] for source in node.all_input_nodes]
        windows = [value for value in inputs if isinstance(value, Windows)]
        if node.op == "output" or not windows:
            return super().run_node(node)
        step = self.steps[node]
        of_one_size = len({value.kept.size if isinstance(value, Windows) else None for value in inputs}) == 1
        if step is not None and of_one_size:  # else something is broadcast, or a whole map already
            return step(windows, self.kept[node])
        args, kwargs = fx.node.map_aggregate(self.fetch_args_kwargs_from_env(node), _whole)
        return getattr(self, node.op)(node.target, args, kwargs)

    def _head(self, layer: nn.Conv2d, rectified: fx.Node) -> Step:
        return lambda inputs, _: rectified_average(layer, inputs[0], self.kept[rectified])


class _Keeper(fx.Interpreter):
    """Runs the network and keeps the map that each step of it gives."""

    def __init__(self, network: fx.GraphModule, steps: dict[fx.Node, Step | None], kept: dict[fx.Node, Kept]) -> None:
        super().__init__(network)
        self.steps, self.kept = steps, kept

    def run_node(self, node: fx.Node) -> Any:
        if self.steps[node] is None:  # it may count on the usual layout, as `Tensor.view` does
            for source in node.all_input_nodes:
                self.env[source] = fx.node.map_aggregate(self.env[source], _contiguous)
        result = super().run_node(node)
        if isinstance(result, Tensor) and result.ndim == 4:
            self.kept[node] = Kept(result)
        return result


def _module(node: fx.Node, network: fx.GraphModule) -> Any:
    """The module that a step of the network calls."""
    return network.get_submodule(str(node.target))


def _step(node: fx.Node, network: fx.GraphModule) -> Step | None:
    """How one step of the network acts on windows, given them and its kept result; None if it needs whole maps."""
    target: Any = _module(node, network) if node.op == "call_module" else node.target
    if target in _POOLINGS and node.op == "call_function":
        target = _POOLINGS[target](*node.args[1:], **node.kwargs)
    kind = type(target)
    if kind in _POINTWISE_MODULES or (kind in _QUIET_MODULES and not target.training):
        return lambda inputs, kept: replace(inputs[0], values=target(inputs[0].values), kept=kept)
    if target in _POINTWISE_FUNCTIONS:
        return lambda inputs, kept: replace(inputs[0], values=target(inputs[0].values, **node.kwargs), kept=kept)
    if _is_plain(target):
        return lambda inputs, kept: slide(target, inputs[0], kept, beyond=0.0)
    if kind is nn.MaxPool2d and not target.return_indices:
        return lambda inputs, kept: slide(target, inputs[0], kept, beyond=-torch.inf)
    if _is_mean(target):
        return lambda inputs, kept: slide(target, inputs[0], kept, beyond=0.0)
    if _is_global(target):
        return lambda inputs, _: average(inputs[0])
    if target is torch.cat and (node.args[1:] == (1,) or node.kwargs == {"dim": 1}):
        return lambda inputs, kept: join(lambda parts: torch.cat(parts, 1), inputs, kept)
    if target in _ADDITIONS and not node.kwargs and len(node.all_input_nodes) == 2:
        return lambda inputs, kept: join(lambda parts: parts[0] + parts[1], inputs, kept)
    return None


def _heads(network: fx.GraphModule) -> Iterator[tuple[fx.Node, fx.Node, fx.Node]]:
    """Each 1x1 convolution that goes only to a ReLU, and that only to a global average."""
    for pooled in network.graph.nodes:
        chain = [pooled]
        while len(chain) < 3 and len(chain[0].all_input_nodes) == 1 and len(chain[0].all_input_nodes[0].users) == 1:
            chain.insert(0, chain[0].all_input_nodes[0])
        if len(chain) == 3 and all(node.op == "call_module" for node in chain):
            layer, rectified, average = (network.get_submodule(node.target) for node in chain)
            if type(rectified) is nn.ReLU and _is_global(average) and _is_pointwise(layer):
                yield tuple(chain)


def _is_global(layer: nn.Module) -> bool:
    return type(layer) is nn.AdaptiveAvgPool2d and layer.output_size in (1, (1, 1))


def _is_mean(layer: nn.Module) -> bool:
    """A pooling that divides by the same number everywhere: zeros around the map count, none hang over its end."""
    if type(layer) is not nn.AvgPool2d or layer.ceil_mode:
        return False
    return layer.count_include_pad or layer.padding in (0, (0, 0)) or layer.divisor_override is not None


def _is_plain(layer: nn.Module) -> bool:
    return type(layer) is nn.Conv2d and layer.padding_mode == "zeros" and not isinstance(layer.padding, str)


def _is_pointwise(layer: nn.Module) -> bool:
    plain = ((1, 1), (1, 1), (0, 0), 1)
    return type(layer) is nn.Conv2d and (layer.kernel_size, layer.stride, layer.padding, layer.groups) == plain


def _contiguous(value: Any) -> Any:
    return value.contiguous() if isinstance(value, Tensor) else value


def _whole(value: Any) -> Any:
    return value.whole().contiguous() if isinstance(value, Windows) else value


class _OwnThread(fx.Tracer):
    """While `fx` traces, every module of the process reports to it: let those of other threads go their own way."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)


def _trace(network: nn.Module) -> fx.GraphModule:
    """The network as a list of steps."""
    if network.training:
        raise NotFollowedError(f"{type(network).__name__} is in training mode: call eval() first.")
    for module in network.modules():
        if module._forward_hooks or module._forward_pre_hooks:
            raise NotFollowedError(f"a hook acts on {type(module).__name__}: windows would pass it by.")
    try:
        traced = fx.GraphModule(network, _OwnThread().trace(network))
    except Exception as error:  # whatever stops the trace, a full pass still works
        raise NotFollowedError(f"{type(network).__name__} cannot be traced: {error}") from error
    for node in traced.graph.nodes:
        if _writes_into_its_input(node, traced) and len(node.all_input_nodes[0].users) > 1:
            raise NotFollowedError(f"{node.target} changes in place what another layer reads.")
    return traced


def _writes_into_its_input(node: fx.Node, traced: fx.GraphModule) -> bool:
    if node.op == "call_module":
        return getattr(_module(node, traced), "inplace", False)
    named = getattr(node.target, "__name__", str(node.target))
    asked = node.kwargs.get("inplace", False) or (node.target in _POINTWISE_FUNCTIONS and True in node.args[1:])
    return bool(asked) or node.target is operator.iadd or named.endswith("_")
