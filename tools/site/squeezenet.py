"""SqueezeNet as shipped, forward, and for each layer the way of a unit's signal back to the picture.

The backward rules of `techniques.backward` are two numbers here. At a ReLU that gave a, where R arrives, goes on

    max(R, floor) where a > threshold, else max(0, floor):   threshold 0 lets through where the ReLU did, -1 everywhere;
                                                             floor 0 lets through what is positive, -3e38 everything.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnx import TensorProto
from torch import nn

from cs182viz import layers
from cs182viz.squeezenet import Fire
from cs182viz.zoo import Classifier
from tools.site.graph import Graph, Weights

FILE = "squeezenet.bin"


@dataclass(frozen=True)
class Step:
    """A named layer: its module, and how many channels it gives."""

    name: str
    module: nn.Module
    channels: int


def steps_of(model: Classifier) -> list[Step]:
    """The layers from the picture up, without the last average."""
    steps, channels = [], 3
    for name in layers.names(model):
        if name in ("pool10", "logits"):
            continue
        module = layers.resolve(model, name)
        if isinstance(module, nn.ReLU):  # the convolution before it
            path = model.layer_names[name]
            stem, index = path.rsplit(".", 1)
            module = model.get_submodule(f"{stem}.{int(index) - 1}")
            channels = module.out_channels
        elif isinstance(module, Fire):
            channels = 2 * module.expand1x1.out_channels
        steps.append(Step(name, module, channels))
    return steps


def export(model: Classifier, folder: Path) -> list[str]:
    """Write squeezenet.onnx, gradient_LAYER.onnx for every layer, and their weights; returns the layers' names."""
    weights = Weights(FILE)
    steps = steps_of(model)
    for step in steps:
        for path, values in step.module.named_parameters():
            weights.add(f"{step.name}.{path}", values)
    weights.save(folder)
    _forward(steps, weights).save(folder)
    names = [step.name for step in steps] + ["pool10", "logits"]
    for name in names:
        _backward(name, steps, weights).save(folder)
    return names


def _forward(steps: list[Step], weights: Weights) -> Graph:
    graph = Graph("squeezenet", weights)
    x = graph.input("x", ["n", 3, "height", "width"])
    for step in steps:
        if isinstance(step.module, Fire):
            x = _fire(graph, step, x)
        elif isinstance(step.module, nn.MaxPool2d):
            x = graph.add("MaxPool", x, name=step.name, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
        else:
            x = _convolution(graph, f"{step.name}.", step.module, x, name=step.name)
        graph.output(x, ["n", step.channels, f"{step.name}.height", f"{step.name}.width"])
    x = graph.add("GlobalAveragePool", x, name="pool10")
    graph.output(x, ["n", steps[-1].channels, 1, 1])
    x = graph.add("Flatten", x, name="logits")
    graph.output(x, ["n", steps[-1].channels])
    graph.output(graph.add("Softmax", x, name="probabilities", axis=1), ["n", steps[-1].channels])
    return graph


def _fire(graph: Graph, step: Step, x: str) -> str:
    module = step.module
    squeezed = _convolution(graph, f"{step.name}.squeeze.", module.squeeze, x, name=f"{step.name}.squeezed")
    graph.output(squeezed, ["n", module.squeeze.out_channels, f"{step.name}.height", f"{step.name}.width"])
    wide = [
        _convolution(graph, f"{step.name}.{path}.", module.get_submodule(path), squeezed)
        for path in ("expand1x1", "expand3x3")
    ]
    return graph.add("Concat", *wide, name=step.name, axis=1)


def _convolution(graph: Graph, prefix: str, module: nn.Conv2d, x: str, *, name: str | None = None) -> str:
    """A convolution and its ReLU."""
    top, left = module.padding
    y = graph.add(
        "Conv",
        x,
        graph.weight(f"{prefix}weight"),
        graph.weight(f"{prefix}bias"),
        strides=list(module.stride),
        pads=[top, left, top, left],
    )
    return graph.add("Relu", y, name=name)


class _Way:
    """The way back: nodes that take a gradient from above a layer to below it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.threshold = graph.input("threshold", [])
        self.floor = graph.input("floor", [])
        self._nothing = graph.constant(np.float32(0))
        self._minus_one = graph.constant(np.array([-1], np.int64))

    def relu(self, gradient: str, activation: str) -> str:
        open_ = self.graph.add("Greater", activation, self.threshold)
        return self.graph.add("Max", self.graph.add("Where", open_, gradient, self._nothing), self.floor)

    def convolution(self, gradient: str, prefix: str, module: nn.Conv2d) -> str:
        top, left = module.padding
        pads = [top, left, top, left]
        weight = self.graph.weight(f"{prefix}weight")
        return self.graph.add("ConvTranspose", gradient, weight, strides=list(module.stride), pads=pads)

    def fire(self, gradient: str, step: Step, activation: str, squeezed: str) -> str:
        module = step.module
        gradient = self.relu(gradient, activation)
        halves = self.graph.split("Split", gradient, names=2, axis=1, num_outputs=2)
        paths = ("expand1x1", "expand3x3")
        parts = [
            self.convolution(half, f"{step.name}.{path}.", module.get_submodule(path))
            for half, path in zip(halves, paths, strict=True)
        ]
        narrow = self.relu(self.graph.add("Add", *parts), squeezed)
        return self.convolution(narrow, f"{step.name}.squeeze.", module.squeeze)

    def pool(self, gradient: str, before: str) -> str:
        """To where each maximum came from; windows overlap, so that one place may get several."""
        _, places = self.graph.split("MaxPool", before, names=2, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
        flat = [self.graph.add("Reshape", one, self._minus_one) for one in (gradient, places)]
        empty = self.graph.add("Reshape", self.graph.add("Mul", before, self._nothing), self._minus_one)
        found = self.graph.add("ScatterElements", empty, flat[1], flat[0], axis=0, reduction="add")
        return self.graph.add("Reshape", found, self.graph.add("Shape", before))


def _backward(layer: str, steps: list[Step], weights: Weights) -> Graph:
    """The graph from `seed`, a gradient of the layer's shape, to `gradient` of the picture's.

    It also takes the activations that it has to know, by the names that they have as outputs of squeezenet.onnx, and
    `rest`, the pads that bring conv1's gradient to the picture's size.
    """
    graph = Graph(f"gradient_{layer}", weights)
    way = _Way(graph)
    names = [step.name for step in steps]
    top = len(steps) if layer not in names else names.index(layer) + 1
    known = {step.name: graph.input(step.name, _shape_of(step.name, step.channels)) for step in steps[:top]}
    g = graph.input("seed", ["n", steps[top - 1].channels, *(["h", "w"] if layer in names else [1, 1])])
    if layer not in names:  # the average passes the same share to every place
        last = known[names[-1]]
        sides = graph.add("Slice", graph.add("Shape", last), *(graph.constant(np.array([i], np.int64)) for i in (2, 4)))
        places = graph.add("Cast", graph.add("ReduceProd", sides, keepdims=0), to=TensorProto.FLOAT)
        g = graph.add("Expand", graph.add("Div", g, places), graph.add("Shape", last))
    for number in reversed(range(top)):
        g = _back(way, steps, number, g, known)
    rest = graph.input("rest", [8], TensorProto.INT64)
    graph.output(graph.add("Pad", g, rest, name="gradient"), ["n", 3, "height", "width"])
    return graph


def _back(way: _Way, steps: list[Step], number: int, g: str, known: dict[str, str]) -> str:
    """A gradient above layer `number` taken below it."""
    step = steps[number]
    if isinstance(step.module, Fire):
        narrow = step.module.squeeze.out_channels
        squeezed = way.graph.input(f"{step.name}.squeezed", _shape_of(step.name, narrow))
        return way.fire(g, step, known[step.name], squeezed)
    if isinstance(step.module, nn.MaxPool2d):
        return way.pool(g, known[steps[number - 1].name])
    return way.convolution(way.relu(g, known[step.name]), f"{step.name}.", step.module)


def _shape_of(name: str, channels: int) -> list[int | str]:
    return ["n", channels, f"{name}.height", f"{name}.width"]
