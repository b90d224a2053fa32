"""The algebra in which a network computes receptive fields: each number carries the box of pixels that it depends on.

A box is written as (-top, -left, bottom, right), so that the box around several boxes is their maximum. Then a sum, a
convolution and a pooling all become a maximum over what they take in, padding brings nothing, and whatever cuts, joins
or turns tensors does to the boxes what it does to the numbers. Strides, padding, dilation, rounding up and branches
need no formula of their own, and at the edges of the picture nothing has to be clipped.
"""

from collections.abc import Callable
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only
from torch.utils.weak import WeakIdKeyDictionary

NOTHING = float("-inf")  # the reach of a number that depends on no pixel

Rule = Callable[..., Any]  # rule(operation, its output, *arguments with reaches in the place of tensors) -> reach


def pixels(height: int, width: int, device: torch.device) -> Tensor:
    """Reach of a picture's pixels, (4, 1, H, W): each has itself."""
    rows, columns = torch.arange(float(height), device=device), torch.arange(float(width), device=device)
    i, j = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([-i, -j, i + 1, j + 1])[:, None]


class Follow(TorchDispatchMode):
    """While the block runs, computes the reach of every tensor that depends on one in `reach`.

    A reach has its tensor's shape: the batch must hold four pictures, for the four numbers of a box. Where an operation
    cannot be followed, a sentence stands in the place of the reach, and of all that depends on it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reach = WeakIdKeyDictionary()  # Tensor -> Tensor or str

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        kwargs = kwargs or {}
        known = [self.reach[x] for x in _tensors((args, kwargs)) if x in self.reach]
        out = func(*args, **kwargs)
        outputs = _tensors(out)
        if known and outputs:
            lost = next((reach for reach in known if isinstance(reach, str)), None)
            found = lost or self._follow(func, outputs[0], args, kwargs)
            found = [found] * len(outputs) if isinstance(found, str) else tree_leaves(found)
            if func._schema.is_mutable:
                self._overwrite(outputs[0], found[0])
            self.reach.update(zip(outputs, found, strict=False))  # a pooling's indices have no reach
        return out

    def _overwrite(self, target: Tensor, new: Tensor | str) -> None:
        """Give up on all that shares memory with a tensor whose reach an operation in place is about to change."""
        old = self.reach.get(target)
        if isinstance(old, Tensor) and isinstance(new, Tensor) and torch.equal(old, new):
            return
        memory = target.untyped_storage().data_ptr()
        sharing = [x for x in self.reach if x.untyped_storage().data_ptr() == memory]
        for other in [*sharing, *([] if target._base is None else [target._base])]:
            self.reach[other] = "a part of a tensor that is written in place cannot be followed"

    def _follow(self, func: Any, output: Tensor, args: tuple, kwargs: dict) -> Any:
        pointwise = _union if torch.Tag.pointwise in func.tags else None
        rule = _RULES.get(func.overloadpacket.__name__.removesuffix("_"), pointwise)  # in place or not
        if rule is None:
            return f"{func} cannot be followed"
        args, kwargs = tree_map_only(Tensor, self._of, (args, kwargs))
        return rule(func, output, *args, **kwargs)

    def _of(self, x: Tensor) -> Tensor:
        return self.reach.get(x, torch.full((), NOTHING, device=x.device).expand(x.shape))


def _tensors(tree: Any) -> list[Tensor]:
    return [x for x in tree_leaves(tree) if isinstance(x, Tensor)]


def _union(func: Any, out: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Entry by entry: the box around the operands' boxes."""
    return reduce(torch.maximum, (x.expand(out.shape) for x in _tensors((args, kwargs))))


def _same(func: Any, out: Tensor, *args: Any, **kwargs: Any) -> Any:
    """What only moves numbers moves their boxes likewise."""
    return func(*args, **kwargs)


def _first(func: Any, out: Tensor, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    return x


def _nothing(func: Any, out: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    return torch.full((), NOTHING, device=out.device).expand(out.shape)


def _copied(func: Any, out: Tensor, to: Tensor, x: Tensor, *args: Any) -> Tensor:
    return x.expand(out.shape)


def _reshaped(func: Any, out: Tensor, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    return x.reshape(out.shape)


def _strided(func: Any, out: Tensor, x: Tensor, *args: Any) -> Tensor | str:
    """A mean over a channels-last map only turns its strides."""
    return x if x.shape == out.shape else f"{func} cannot be followed"


def _convolution(
    func: Any, out: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None, stride: list, padding: list,
    dilation: list, transposed: bool, output_padding: list, groups: int,
) -> Tensor | str:  # fmt: skip
    if transposed or x.ndim != 4:
        return "transposed, 1-D and 3-D convolutions cannot be followed"
    x = x.reshape(4, groups, -1, *x.shape[2:]).amax(dim=2)  # (4, groups, H, W): a channel sees all of its group
    x = F.pad(x, (padding[1], padding[1], padding[0], padding[0]), value=NOTHING)
    x = F.max_pool2d(x, weight.shape[2:], stride, dilation=dilation)
    return x.repeat_interleave(out.shape[1] // groups, dim=1)


def _max_pool(
    func: Any, out: Tensor, x: Tensor, size: list, stride: Any = (), padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False,
) -> Tensor:  # fmt: skip
    return F.max_pool2d(x, size, stride or None, padding, dilation, ceil_mode)


def _average_pool(
    func: Any, out: Tensor, x: Tensor, size: list, stride: Any = (), padding: Any = 0, ceil_mode: bool = False,
    *rest: Any,
) -> Tensor:  # fmt: skip
    return F.max_pool2d(x, size, stride or None, padding, ceil_mode=ceil_mode)


def _adaptive_pool(func: Any, out: Tensor, x: Tensor, size: list) -> Tensor:
    return F.adaptive_max_pool2d(x, size)


def _padding(func: Any, out: Tensor, x: Tensor, padding: list, value: float = 0) -> Tensor:
    return F.pad(x, padding, value=NOTHING)


def _reduction(func: Any, out: Tensor, x: Tensor, dim: Any = None, keepdim: bool = False, **kwargs: Any) -> Tensor:
    return x.amax(dim=dim or tuple(range(1, x.ndim)), keepdim=keepdim)


def _softmax(func: Any, out: Tensor, x: Tensor, dim: int, *args: Any) -> Tensor:
    return x.amax(dim=dim, keepdim=True).expand(out.shape)


def _batch_norm(
    func: Any, out: Tensor, x: Tensor, weight: Any, bias: Any, mean: Any, variance: Any, training: bool, *args: Any
) -> Tensor | str:
    return "statistics of the batch cannot be followed" if training else x


def _layer_norm(func: Any, out: Tensor, x: Tensor, shape: list, *args: Any) -> Tensor:
    return x.amax(dim=tuple(range(-len(shape), 0)), keepdim=True).expand(out.shape)


def _group_norm(
    func: Any, out: Tensor, x: Tensor, weight: Any, bias: Any, n: int, channels: int, area: int, groups: int, eps: float
) -> Tensor:
    return x.reshape(4, groups, -1).amax(dim=2).repeat_interleave(channels * area // groups, dim=1).reshape(out.shape)


def _product(func: Any, out: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Each entry of a matrix product sees a row of `a` and a column of `b`."""
    return torch.maximum(a.amax(dim=-1, keepdim=True), b.amax(dim=-2, keepdim=True)).expand(out.shape)


def _sum_and_product(func: Any, out: Tensor, c: Tensor, a: Tensor, b: Tensor, **kwargs: Any) -> Tensor:
    return torch.maximum(c.expand(out.shape), _product(func, out, a, b))


_RULES: dict[str, Rule] = {
    "convolution": _convolution,
    "max_pool2d_with_indices": _max_pool,
    "avg_pool2d": _average_pool,
    "_adaptive_avg_pool2d": _adaptive_pool,
    "adaptive_max_pool2d": _adaptive_pool,
    "constant_pad_nd": _padding,
    "copy": _copied,
    "_softmax": _softmax,
    "_log_softmax": _softmax,
    "as_strided": _strided,
    "native_batch_norm": _batch_norm,
    "_native_batch_norm_legit_no_training": _first,
    "native_layer_norm": _layer_norm,
    "native_group_norm": _group_norm,
    "mm": _product,
    "bmm": _product,
    "addmm": _sum_and_product,
    **dict.fromkeys(["mean", "sum", "amax", "amin"], _reduction),
    # versions of torch differ in which of these they mark as pointwise
    **dict.fromkeys(["hardswish", "hardtanh", "hardsigmoid", "relu6", "leaky_relu", "elu", "silu", "gelu"], _union),
    **dict.fromkeys(["prelu", "_prelu_kernel", "threshold"], _union),
    **dict.fromkeys(["_to_copy", "clone", "detach", "alias", "native_dropout", "dropout"], _first),
    **dict.fromkeys(
        ["ones_like", "zeros_like", "full_like", "rand_like", "new_zeros", "new_ones", "new_full"], _nothing
    ),
    **dict.fromkeys(["view", "_unsafe_view", "_reshape_alias", "reshape"], _reshaped),
    **dict.fromkeys(["cat", "stack", "split", "split_with_sizes", "chunk", "unbind", "slice", "select"], _same),
    **dict.fromkeys(["permute", "transpose", "t", "expand", "unsqueeze", "squeeze", "flip", "roll", "repeat"], _same),
    **dict.fromkeys(["reflection_pad2d", "replication_pad2d", "upsample_nearest2d", "pixel_shuffle"], _same),
}
