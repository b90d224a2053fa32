"""The network that paints a picture in one pass, as shipped, for the page of fast neural style."""

from pathlib import Path

import numpy as np
from torch import Tensor

from cs182viz.techniques.fast_style.network import FOLD, Stylizer
from tools.site.graph import Graph, Weights
from tools.site.pictures import write_json

_EDGE = [0, 0, 1, 1, 0, 0, 1, 1]


def export(network: Stylizer, folder: Path) -> None:
    """Write stylizer.onnx, its weights, and styles.json, the styles' names in their order.

    The graph takes x, a normalised picture whose sides are multiples of 4, and mix (1, styles), and gives the painting,
    RGB in 0..1.
    """
    weights = Weights("stylizer.bin")
    for name, values in network.named_parameters():
        weights.add(name, _folded(values) if name == "stem.convolution.weight" else values)
    weights.save(folder)
    _graph(network, weights).save(folder)
    write_json(folder / "styles.json", network.styles)


def _folded(weight: Tensor) -> Tensor:
    """The stem's weights in the order of ONNX's SpaceToDepth, (place, colour), where PyTorch's is (colour, place)."""
    outputs, _, rows, columns = weight.shape
    return weight.reshape(outputs, 3, FOLD**2, rows, columns).transpose(1, 2).reshape(weight.shape)


def _graph(network: Stylizer, weights: Weights) -> Graph:
    graph = Graph("stylizer", weights)
    x = graph.input("x", [1, 3, "height", "width"])
    mix = graph.input("mix", [1, len(network.styles)])
    y = _convolution(graph, "stem", graph.add("SpaceToDepth", x, blocksize=FOLD), mix)
    for number in range(len(network.blocks)):
        inside = _convolution(graph, f"blocks.{number}.first", y, mix)
        y = graph.add("Add", y, _convolution(graph, f"blocks.{number}.second", inside, mix, rectify=False))
    for name in ("to_half", "to_full"):
        y = _convolution(graph, name, _doubled(graph, y), mix)
    ink = graph.add("Conv", _mirrored(graph, y), graph.weight("paint.weight"), graph.weight("paint.bias"))
    graph.output(graph.add("Sigmoid", ink, name="painting"), [1, 3, "height", "width"])
    return graph


def _convolution(graph: Graph, name: str, x: str, mix: str, *, rectify: bool = True) -> str:
    """3x3 convolution, instance normalisation with the styles' scales and shifts, ReLU: `network._Convolution`."""
    y = graph.add("Conv", _mirrored(graph, x), graph.weight(f"{name}.convolution.weight"))
    first = graph.constant(np.array([0], np.int64))
    of_style = [
        graph.add("Squeeze", graph.add("MatMul", mix, graph.weight(f"{name}.{part}")), first)
        for part in ("scale", "shift")
    ]
    y = graph.add("InstanceNormalization", y, *of_style, epsilon=1e-5)
    return graph.add("Relu", y) if rectify else y


def _mirrored(graph: Graph, x: str) -> str:
    return graph.add("Pad", x, graph.constant(np.array(_EDGE, np.int64)), mode="reflect")


def _doubled(graph: Graph, x: str) -> str:
    scales = graph.constant(np.array([1, 1, 2, 2], np.float32))
    options = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return graph.add("Resize", x, "", scales, **options)
