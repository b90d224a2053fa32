"""The only place that touches a model: record, replace, stop at and change the backward rule of named layers.

Everything here works by hooks and modes that are undone on the way out, also after an exception, so that a model
leaves as it came. Layers go by the names that people use (``fire9``) where the model has a ``layer_names`` dictionary
from such names to module paths, and by module path (``features.12``) on any network.
"""

import difflib
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cs182viz.devices import laid_out, layout_of

BackwardRule = Callable[[Tensor, Tensor], Tensor]

_INPLACE_RELUS = (torch.relu_, torch.Tensor.relu_)
_RELUS = (F.relu, torch.relu, torch.Tensor.relu, *_INPLACE_RELUS)


_COMPILED = "_orig_mod."


class UnknownLayerError(ValueError):
    """The model has no layer of that name."""


def check_gradients() -> None:
    """Raise RuntimeError where no gradient can be computed, whatever asks for one: within `torch.inference_mode()`."""
    if torch.is_inference_mode_enabled():
        raise RuntimeError(
            "there are no gradients within torch.inference_mode(): call this outside, or use torch.no_grad() there"
        )


def names(model: nn.Module) -> list[str]:
    """Layer names to offer a reader: the model's own ``layer_names`` if it has them, else every module path."""
    return list(getattr(model, "layer_names", None) or (path for path in _modules(model) if path))


def resolve(model: nn.Module, name: str) -> nn.Module:
    """Module that a layer name stands for.

    Raises
    ------
    UnknownLayerError
        (a ValueError) no such layer; the message lists the names that come nearest.
    """
    modules = _modules(model)
    path = getattr(model, "layer_names", {}).get(name, name)
    if path and path in modules:
        return modules[path]
    if f"{_COMPILED}{path}" in modules:  # what torch.compile returns holds the model below a name of its own
        return modules[f"{_COMPILED}{path}"]
    known = names(model)
    near = difflib.get_close_matches(str(name), [*known, *modules], n=5, cutoff=0.5)
    near = list(dict.fromkeys(near)) or known[:30]
    raise UnknownLayerError(f"{_label(model)} has no layer {name!r}. Try one of: {', '.join(near)}.")


@contextmanager
def record(model: nn.Module, layers: str | Iterable[str]) -> Iterator[dict[str, Tensor]]:
    """Collect the activations of named layers while the block runs; the autograd graph is kept.

    The dictionary fills up as the model runs; a layer that runs again (the next forward pass, or a module used twice)
    overwrites its entry. The network goes on with a copy, so no in-place operation downstream can change what was
    recorded, and gradients flow through the recorded tensor. Blocks nest; hooks act in the order of the blocks.

    Raises
    ------
    UnknownLayerError
        no such layer.
    TypeError
        (in the forward pass) the layer's output is not one tensor.
    """
    found: dict[str, Tensor] = {}

    def keep(name: str, output: Tensor) -> Tensor:
        seen = found[name] = laid_out(output, torch.contiguous_format)  # the layout that people expect
        handed_on = laid_out(seen, layout_of(output))
        return handed_on.clone() if handed_on is seen else handed_on

    with _watching(model, _as_names(layers), keep):
        yield found


def activations(model: nn.Module, x: Tensor, layers: str | Iterable[str]) -> dict[str, Tensor]:
    """Activations of named layers for input x, in the order asked; the forward pass stops as soon as it has them all.

    A module used several times in one pass counts at its first run. Gradients flow to x; for one with respect to a
    layer's own activation use `record`.

    Raises
    ------
    UnknownLayerError
        no such layer.
    RuntimeError
        a layer does not take part in the forward pass (an auxiliary head in evaluation mode, say).
    """
    wanted = _as_names(layers)
    found: dict[str, Tensor] = {}
    token = object()

    def keep(name: str, output: Tensor) -> Tensor:
        found.setdefault(name, laid_out(output, torch.contiguous_format))
        if len(found) == len(wanted):
            raise _StopForward(token)
        return output.clone()

    with _watching(model, wanted, keep):
        try:
            model(x)
        except _StopForward as stop:
            if stop.token is not token:  # somebody else's, further up
                raise
    missing = [name for name in wanted if name not in found]
    if missing:
        raise RuntimeError(
            f"{_label(model)} did not run {', '.join(missing)} in this forward pass; ask for other layers."
        )
    return {name: found[name] for name in wanted}


@dataclass(frozen=True, repr=False)
class Extractor:
    """A network cut off after one layer: called with x it returns that layer's activation."""

    model: nn.Module
    layer: str

    def __post_init__(self) -> None:
        resolve(self.model, self.layer)

    def __call__(self, x: Tensor) -> Tensor:
        return activations(self.model, x, self.layer)[self.layer]

    def __repr__(self) -> str:
        return f"Extractor({_label(self.model)}, {self.layer!r})"


def extractor(model: nn.Module, layer: str) -> Extractor:
    """Network cut off after ``layer``, as a function of the input; unknown layers are refused at once."""
    return Extractor(model, layer)


@contextmanager
def replace(model: nn.Module, layer: str, fn: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Let the network go on with ``fn(activation)`` in the place of a layer's activation while the block runs.

    ``fn`` gets a copy that it may edit, and its result is copied before it is handed on: no in-place operation can
    change the layer's own output or a tensor that ``fn`` took from elsewhere. Gradients flow through both copies.
    """

    def swap(name: str, output: Tensor) -> Tensor:
        new = fn(output.clone())
        if not isinstance(new, Tensor):
            raise TypeError(f"fn returned {type(new).__name__} for layer {name!r}; return the new activation.")
        return new.clone()

    with _watching(model, [layer], swap):
        yield


@contextmanager
def relu_rule(model: nn.Module, rule: BackwardRule, *, layers: str | Iterable[str] | None = None) -> Iterator[None]:
    """Give the model's ReLUs another backward rule in the forward passes of this block.

    Parameters
    ----------
    rule
        ``rule(grad_output, x) -> grad_input`` with x the ReLU's input, all of one shape. With R the incoming gradient:
        ``(x > 0) * R`` is backpropagation, ``(R > 0) * R`` the deconvnet (Zeiler & Fergus 2013), and both masks
        together are guided backpropagation (Springenberg et al. 2015, doi:10.48550/arXiv.1412.6806, section 3.4).
    layers
        Only ReLUs that run inside these layers; None means every ReLU of the model. ReLU modules count, and
        ``F.relu``, ``torch.relu`` and ``Tensor.relu`` written in a forward method, in place or not, but not
        ``clamp(min=0)``.

    A graph built inside the block keeps the rule when it is differentiated later. In nested blocks the inner one holds.
    """
    scope = list(model.modules()) if layers is None else [resolve(model, name) for name in _as_names(layers)]
    mode = _ReLURuleMode(rule)
    with ExitStack() as stack:
        for module in scope:
            stack.enter_context(module.register_forward_pre_hook(mode.enter_layer))
            # always_call: an exception inside the layer must leave the layer as well
            stack.enter_context(module.register_forward_hook(mode.leave_layer, always_call=True))
        stack.enter_context(mode)
        yield


def weights_hash(model: nn.Module) -> str:
    """SHA-256 over the names, types, shapes and bytes of all parameters and buffers."""
    digest = hashlib.sha256()
    for name, tensor in sorted([*model.named_parameters(), *model.named_buffers()], key=lambda item: item[0]):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)};".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


class _StopForward(Exception):
    """Ends a forward pass from inside a hook; the token tells whose it is."""

    def __init__(self, token: object) -> None:
        super().__init__("forward pass stopped")
        self.token = token


class _RuledReLU(torch.autograd.Function):
    """ReLU forward, ``rule(grad_output, x)`` backward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rule: BackwardRule, inplace: bool) -> Tensor:
        ctx.rule = rule
        ctx.save_for_backward(x.clone() if inplace else x)
        if inplace:
            ctx.mark_dirty(x)
        # clamp, because a surrounding relu_rule block would catch a ReLU here
        return x.clamp_(min=0) if inplace else x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, None, None]:
        (x,) = ctx.saved_tensors
        grad_input = ctx.rule(grad_output, x)
        if not isinstance(grad_input, Tensor) or grad_input.shape != x.shape:
            got = tuple(grad_input.shape) if isinstance(grad_input, Tensor) else type(grad_input).__name__
            raise ValueError(f"the ReLU rule returned {got}; expected a tensor of the input's shape {tuple(x.shape)}.")
        return grad_input, None, None


class _ReLURuleMode(TorchFunctionMode):
    """Sends every ReLU called while a layer in scope is running through `_RuledReLU`."""

    def __init__(self, rule: BackwardRule) -> None:
        super().__init__()
        self.rule = rule
        self.depth = 0  # layers in scope that are running now

    def enter_layer(self, *_: object) -> None:
        self.depth += 1

    def leave_layer(self, *_: object) -> None:
        self.depth -= 1

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        kwargs = kwargs or {}
        if self.depth == 0 or func not in _RELUS:
            return func(*args, **kwargs)
        x = args[0] if args else kwargs["input"]
        inplace = func in _INPLACE_RELUS or kwargs.get("inplace", args[1] if len(args) > 1 else False)
        return _RuledReLU.apply(x, self.rule, inplace)


@contextmanager
def _watching(model: nn.Module, layers: list[str], see: Callable[[str, Tensor], Tensor]) -> Iterator[None]:
    """Call ``see(name, output)`` after each named layer and hand its result on."""

    def hook_for(name: str) -> Callable[[nn.Module, tuple, Tensor], Tensor]:
        def hook(_module: nn.Module, _args: tuple, output: Tensor) -> Tensor:
            if not isinstance(output, Tensor):
                raise TypeError(
                    f"layer {name!r} returns a {type(output).__name__}; name a layer that returns one tensor."
                )
            return see(name, output)

        return hook

    modules = {name: resolve(model, name) for name in layers}
    with ExitStack() as stack:
        for name, module in modules.items():
            stack.enter_context(module.register_forward_hook(hook_for(name)))
        yield


def _as_names(layers: str | Iterable[str]) -> list[str]:
    """Layer names without repetition; a single string is one name."""
    wanted = [layers] if isinstance(layers, str) else list(dict.fromkeys(layers))
    if not wanted:
        raise ValueError("no layer was named; give at least one, such as 'conv1'.")
    return wanted


def _modules(model: nn.Module) -> dict[str, nn.Module]:
    return dict(model.named_modules(remove_duplicate=False))


def _label(model: nn.Module) -> str:
    return str(getattr(model, "name", type(model).__name__))
