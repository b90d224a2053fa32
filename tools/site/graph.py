"""Graphs in ONNX, node by node; their weights lie in half precision in one file beside them."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from torch import Tensor

OPSET, IR = 18, 10
Shape = list[int | str]


class Weights:
    """Arrays in float16, one behind the other in one file that several graphs point into."""

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self._data = bytearray()
        self._places: dict[str, tuple[int, list[int]]] = {}

    def add(self, name: str, values: Tensor) -> None:
        """Keep an array under a name; ValueError if float16 cannot hold it without loss."""
        half = values.detach().cpu().numpy().astype(np.float16)
        if not np.array_equal(half.astype(np.float32), values.detach().cpu().numpy()):
            raise ValueError(f"{name} would lose digits in float16: ship it in another type")
        self._places[name] = (len(self._data), list(half.shape))
        self._data += half.tobytes()

    def proto(self, name: str) -> TensorProto:
        """The array as an initializer that lies in the file."""
        offset, shape = self._places[name]
        proto = TensorProto(name=name, data_type=TensorProto.FLOAT16, dims=shape)
        proto.data_location = TensorProto.EXTERNAL
        about = {"location": self.filename, "offset": offset, "length": 2 * int(np.prod(shape))}
        for key, value in about.items():
            proto.external_data.add(key=key, value=str(value))
        return proto

    def save(self, folder: Path) -> None:
        (folder / self.filename).write_bytes(self._data)


class Graph:
    """A graph that grows by one node a call; each call gives the names of what the node puts out."""

    def __init__(self, name: str, weights: Weights) -> None:
        self.name, self.weights = name, weights
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def input(self, name: str, shape: Shape, kind: int = TensorProto.FLOAT) -> str:
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name: str, shape: Shape) -> None:
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def add(self, op: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        """Add a node with one output, called `name` or numbered."""
        return self.split(op, *inputs, names=[name or self._fresh(op)], **attributes)[0]

    def split(self, op: str, *inputs: str, names: list[str] | int, **attributes: Any) -> list[str]:
        """Add a node with several outputs, by their names or by their number."""
        outputs = [self._fresh(op) for _ in range(names)] if isinstance(names, int) else names
        self._nodes.append(helper.make_node(op, list(inputs), outputs, **attributes))
        return outputs

    def weight(self, name: str) -> str:
        """A kept array in float32."""
        ready = f"{name}:float32"
        if name not in self._initializers:
            self._initializers[name] = self.weights.proto(name)
            self.add("Cast", name, name=ready, to=TensorProto.FLOAT)
        return ready

    def constant(self, values: np.ndarray) -> str:
        """A small array that stands in the graph itself."""
        name = self._fresh("constant")
        self._initializers[name] = onnx.numpy_helper.from_array(values, name)
        return name

    def save(self, folder: Path) -> None:
        """Check the graph and write it as NAME.onnx; the same graph gives the same bytes."""
        graph = helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, list(self._initializers.values())
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR, producer_name="cs182viz"
        )
        path = folder / f"{self.name}.onnx"
        path.write_bytes(model.SerializeToString(deterministic=True))
        onnx.checker.check_model(str(path))

    def _fresh(self, op: str) -> str:
        self._count += 1
        return f"{op}_{self._count}"
