"""Do plain values cross unchanged, does everything else stay out, and is no message a way in?"""

import contextlib
import io
import json
import pickle
import struct

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grading.sandbox.wire import Limits, WireError, pack, unpack

SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=20)
ARRAYS = hnp.arrays(
    st.sampled_from(["bool", "int8", "int64", "uint8", "float16", "float32", "float64"]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(0, 9), inner, max_size=4)
    ),
    max_leaves=12,
)


def same(a, b) -> bool:
    if isinstance(a, np.ndarray):
        return type(b) is np.ndarray and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return type(b) is dict and a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return type(a) is type(b) and a == b


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_a_plain_value_comes_out_as_it_went_in(value):
    assert same(value, unpack(pack(value)))


def test_a_tensor_comes_out_detached_contiguous_and_its_own():
    tensor = torch.randn(3, 4, requires_grad=True).t()
    result = unpack(pack(tensor))
    assert torch.equal(result, tensor.detach())
    assert result.is_contiguous()
    assert not result.requires_grad
    result += 1  # writable


class AlwaysEqual(float):
    def __eq__(self, other):
        return True

    __hash__ = float.__hash__


class Lying(torch.Tensor):
    pass


@pytest.mark.parametrize(
    "value",
    [
        AlwaysEqual(1.0),
        torch.zeros(2).as_subclass(Lying),
        np.array([object()], dtype=object),
        np.array(["text"]),
        np.zeros(2).view(np.recarray),
        lambda: None,
        {1, 2},
        2**70,
        torch.zeros(2, dtype=torch.complex64),
        {"nested": [object()]},
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_behaviour_of_its_own_is_refused(value):
    with pytest.raises(WireError):
        pack(value)


@given(st.binary(max_size=300))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_a_plain_value_or_a_wire_error(data):
    with contextlib.suppress(WireError):
        unpack(data)


@given(VALUES, st.data())
@settings(max_examples=300, deadline=None)
def test_a_message_with_a_byte_changed_is_a_plain_value_or_a_wire_error(value, draw):
    message = bytearray(pack(value))
    message[draw.draw(st.integers(0, len(message) - 1))] = draw.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        unpack(bytes(message))


def frame(tree: bytes, *arrays: bytes) -> bytes:
    header = [len(tree), len(arrays), *map(len, arrays)]
    return b"".join(struct.pack("<Q", number) for number in header) + tree + b"".join(arrays)


def npy(array: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, **options)
    return buffer.getvalue()


class Bomb:
    def __reduce__(self):
        return (exec, ("raise SystemExit('a pickle was loaded')",))


@pytest.mark.parametrize(
    ("tree", "arrays"),
    [
        (b'{"array": 0}', [npy(np.array([Bomb()], dtype=object), allow_pickle=True)]),
        (b'{"array": 0}', [pickle.dumps(Bomb())]),
        (b'{"array": 0}', [npy(np.zeros(3))[:-1]]),
        (b'{"array": 0}', [npy(np.zeros(3)).replace(b"(3,)", b"(9,)")]),
        (b'{"array": 7}', []),
        (b'{"named": "{}"}', []),
        (b'{"tuple": 3}', []),
        (b'{"dict": [[[1], 2]]}', []),
        (b"[" * 100_000 + b"]" * 100_000, []),
        (b"1" * 10_000, []),
        (json.dumps([0] * 60_000).encode(), []),
    ],
    ids=[
        "object array",
        "pickle",
        "short",
        "longer shape",
        "no such array",
        "name",
        "tuple",
        "key",
        "deep",
        "int",
        "many",
    ],
)
def test_a_forged_message_is_refused(tree, arrays):
    with pytest.raises(WireError):
        unpack(frame(tree, *arrays))


def test_limits_hold_on_both_sides():
    big = np.zeros(1000)
    with pytest.raises(WireError, match="bytes"):
        pack(big, limits=Limits(size=1000))
    with pytest.raises(WireError, match="bytes"):
        unpack(pack(big), limits=Limits(size=1000))
    nested = []
    for _ in range(40):
        nested = [nested]
    with pytest.raises(WireError, match="deep"):
        pack(nested)
