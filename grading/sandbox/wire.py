"""What crosses between examiner and sandbox: plain values, framed, with limits on everything that a sender chooses.

A message is a tree in JSON and the arrays it refers to, each in NumPy's own format without pickle::

    length of the tree | number of arrays | length of each array     little-endian, 8 bytes each
    the tree                                                         UTF-8
    the arrays                                                       .npy, version 1.0

Whoever reads a message learns values, never behaviour: there is nothing in it to call, compare or import. Models do not
cross. Both sides hold them, and a message names one by its recipe.
"""

from __future__ import annotations

import inspect
import io
import json
import math
import re
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .frames import flattened, is_table, rebuilt
from .message_limits import LIMITS, Limits, WireError

_LENGTH = struct.Struct("<Q")
_DTYPES = frozenset({"bool", "int8", "int16", "int32", "int64", "uint8", "float16", "float32", "float64"})
_MAX_INT = 2**63
_NPY_HEADER = 256
_NPY = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(?P<dtype>\|[biu]1|<[if][248])', 'fortran_order': False, "
    rb"'shape': \((?P<shape>(?:\d{1,12}, ?)*(?:\d{1,12})?)\), \} *\n",
    re.DOTALL,
)
Named = Callable[[Any], dict[str, Any] | None]


def pack(value: Any, *, named: Named = lambda value: None, limits: Limits = LIMITS) -> bytes:
    """Encode a value as one message.

    Parameters
    ----------
    value : None, bool, int, float, str, NumPy array or scalar, tensor, pandas frame or series, or a list, tuple or
        dictionary of such; types exactly, so a subclass with a behaviour of its own is refused
    named : returns how to name a value that both sides hold (a model), or None for any other value

    Raises
    ------
    WireError
        If a value of another kind is in it, or it is larger than the limits allow.
    """
    packer = _Packer(named, limits)
    tree = json.dumps(packer.tree(value, 0), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    header = [len(tree), len(packer.arrays), *map(len, packer.arrays)]
    data = b"".join([*map(_LENGTH.pack, header), tree, *packer.arrays])
    if len(data) > limits.size:
        raise WireError(f"the value takes {len(data)} bytes and at most {limits.size} may cross")
    return data


def unpack(data: bytes, *, resolve: Callable[[dict[str, Any]], Any] | None = None, limits: Limits = LIMITS) -> Any:
    """Decode one message; without `resolve`, nothing but plain values can come out.

    Parameters
    ----------
    resolve : returns the object that a name stands for (the sandbox's side alone has one)

    Raises
    ------
    WireError
        If the bytes are no message within the limits. No other exception, whatever the bytes.
    """
    if len(data) > limits.size:
        raise WireError(f"a message of {len(data)} bytes arrived and at most {limits.size} are read")
    tree_bytes, arrays = _split(memoryview(data), limits)
    try:
        tree = json.loads(tree_bytes.tobytes().decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise WireError(f"the message's tree is not JSON: {type(error).__name__}") from error
    return _Unpacker(arrays, resolve, limits).value(tree, 0)


class _Packer:
    def __init__(self, named: Named, limits: Limits) -> None:
        self.named = named
        self.limits = limits
        self.arrays: list[bytes] = []
        self.nodes = 0

    def tree(self, value: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > self.limits.nodes or depth > self.limits.depth:
            raise WireError("the value has too many parts, or containers too deep in each other, to cross")
        kind = type(value)
        if value is None or kind in (bool, float, str):
            return value
        if kind is int:
            if abs(value) > _MAX_INT:
                raise WireError("an integer of more than 64 bits cannot cross")
            return value
        if kind is list:
            return [self.tree(item, depth + 1) for item in value]
        if kind is tuple:
            return {"tuple": [self.tree(item, depth + 1) for item in value]}
        if kind is dict:
            return {"dict": [[self.tree(key, depth + 1), self.tree(item, depth + 1)] for key, item in value.items()]}
        if kind is np.ndarray or isinstance(value, np.generic):
            return {"array": self._array(np.asarray(value))}
        if kind in (torch.Tensor, torch.nn.Parameter):
            return {"tensor": self._array(_as_array(value))}
        if is_table(value):
            return {"frame": self.tree(flattened(value), depth + 1)}
        if (name := self.named(value)) is not None:
            return {"named": json.dumps(name)}
        if inspect.iscoroutine(value):
            raise WireError("it is a coroutine, which an `async def` gives: write the function with `def` alone")
        if inspect.isgenerator(value) or inspect.isasyncgen(value):
            raise WireError("it is a generator, which a function with `yield` gives: return the value instead")
        if callable(value):
            raise WireError("it is a function or a class: return what it gives, with parentheses behind its name")
        raise WireError(
            f"a value of type {kind.__module__}.{kind.__qualname__} cannot cross: only tensors, arrays, numbers, "
            "strings, and lists, tuples or dictionaries of these do"
        )

    def _array(self, array: np.ndarray) -> int:
        if array.dtype.name not in _DTYPES:
            raise WireError(f"an array of dtype {array.dtype} cannot cross: use float, integer or bool")
        if len(self.arrays) >= self.limits.arrays or array.ndim > self.limits.ndim:
            raise WireError("too many arrays, or an array of too many axes, to cross")
        if array.nbytes > self.limits.size:
            raise WireError(f"an array of {array.nbytes} bytes is too large to cross")
        buffer = io.BytesIO()
        # npy 1.0 has no room for a byte order or a layout of the sender's choice to matter: both are normalised here
        np.lib.format.write_array(buffer, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)
        self.arrays.append(buffer.getvalue())
        return len(self.arrays) - 1


class _Unpacker:
    def __init__(self, arrays: list[memoryview], resolve: Callable | None, limits: Limits) -> None:
        self.arrays = arrays
        self.resolve = resolve
        self.limits = limits
        self.nodes = 0

    def value(self, node: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > self.limits.nodes or depth > self.limits.depth:
            raise WireError("the message has too many parts, or containers too deep in each other")
        if isinstance(node, list):
            return [self.value(item, depth + 1) for item in node]
        if not isinstance(node, dict):
            return node
        if len(node) != 1:
            raise WireError("a container in the message has no single kind")
        ((kind, content),) = node.items()
        if kind == "tuple" and isinstance(content, list):
            return tuple(self.value(item, depth + 1) for item in content)
        if kind == "dict" and isinstance(content, list):
            return self._dictionary(content, depth)
        if kind == "array":
            return self._array(content)
        if kind == "tensor":
            return torch.from_numpy(self._array(content))
        if kind == "frame":
            return rebuilt(self.value(content, depth + 1))
        if kind == "named" and self.resolve is not None:
            return self.resolve(json.loads(content))
        raise WireError(f"the message holds a value of unknown kind {str(kind)[:40]!r}")

    def _dictionary(self, pairs: list, depth: int) -> dict:
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            raise WireError("a dictionary in the message is no list of pairs")
        keys = [self.value(key, depth + 1) for key, _ in pairs]
        if not all(isinstance(key, str | int | float | bool | None) for key in keys):
            raise WireError("a key of a dictionary in the message is neither text nor a number")
        return {key: self.value(item, depth + 1) for key, (_, item) in zip(keys, pairs, strict=True)}

    def _array(self, index: Any) -> np.ndarray:
        if type(index) is not int or not 0 <= index < len(self.arrays):
            raise WireError("the message refers to an array that is not in it")
        return _read_array(self.arrays[index], self.limits)


def _as_array(tensor: torch.Tensor) -> np.ndarray:
    tensor = tensor.detach().cpu()
    if tensor.layout != torch.strided or tensor.dtype in (torch.bfloat16, torch.complex64, torch.complex128):
        raise WireError(f"a tensor of layout {tensor.layout} and type {tensor.dtype} cannot cross")
    return tensor.resolve_conj().resolve_neg().numpy()


def _split(view: memoryview, limits: Limits) -> tuple[memoryview, list[memoryview]]:
    """Cut a message into its tree and its arrays, trusting no length in it."""
    if len(view) < 2 * _LENGTH.size:
        raise WireError("the message is shorter than its header")
    tree_length, count = _LENGTH.unpack_from(view, 0)[0], _LENGTH.unpack_from(view, _LENGTH.size)[0]
    if count > limits.arrays:
        raise WireError(f"the message announces {count} arrays and at most {limits.arrays} are read")
    start = (2 + count) * _LENGTH.size
    if len(view) < start:
        raise WireError("the message is shorter than its header")
    lengths = [tree_length, *(_LENGTH.unpack_from(view, (2 + i) * _LENGTH.size)[0] for i in range(count))]
    if start + sum(lengths) != len(view):
        raise WireError("the message's length is not what its header says")
    parts = []
    for length in lengths:
        parts.append(view[start : start + length])
        start += length
    return parts[0], parts[1:]


def _read_array(data: memoryview, limits: Limits) -> np.ndarray:
    """Read one .npy of a plain dtype whose announced size is exactly the bytes that are there.

    NumPy's own reader evaluates the header as Python and fails in many ways; the one form that `pack` writes is matched
    here instead.
    """
    header = _NPY.match(data[:_NPY_HEADER])
    if header is None:
        raise WireError("an array in the message has no proper header")
    dtype = np.dtype(header["dtype"].decode())
    shape = tuple(int(extent) for extent in header["shape"].replace(b" ", b"").split(b",") if extent)
    if dtype.name not in _DTYPES or len(shape) > limits.ndim:
        raise WireError("an array in the message is of a kind that may not cross")
    if math.prod(shape) * dtype.itemsize != len(data) - header.end():
        raise WireError("an array in the message is not as long as its header says")
    return np.frombuffer(data, dtype=dtype, offset=header.end()).reshape(shape).copy()  # writable, and its own
