"""Networks to look into: pretrained, frozen, with class names and the layer names that people use.

``load_model("squeezenet")`` ships in the package; ``"alexnet"`` and any other classifier of torchvision is fetched.
All of them take the same input, a normalised tensor (N, 3, H, W) as `Classifier.preprocess` makes it, and give raw
scores.

What a layer name means follows the field, where Caffe computed ReLU in place: ``conv5``, ``fire9`` or ``fc7`` is the
activation *after* its ReLU, ``pool5`` what its pooling hands on, and ``logits`` the raw scores (N, classes) before any
softmax. A module path such as ``net.features.0`` reaches everything else, for example a convolution before its ReLU.
"""

import copy
import functools
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, cast

import numpy as np
import safetensors.torch
import torch
from PIL import Image
from torch import Tensor, nn

from cs182viz import imageops
from cs182viz.assets import AssetError, data_path
from cs182viz.classes import IMAGENET_CLASSES, find_class, name_of
from cs182viz.classes import class_index as class_index  # offered here too, beside the models
from cs182viz.classes import class_name as class_name
from cs182viz.devices import fastest_layout, laid_out, on_host, pick
from cs182viz.squeezenet import SqueezeNet

SQUEEZENET_FILE = "squeezenet1_1.safetensors"
SQUEEZENET_SHA256 = "0e3146d245c730ea64b0e481f9c9eac7b6b87a19696b09cc523b2b8fe3db6ed7"

_TINY_CLASSES = ("cat", "dog", "bird", "fish", "flower", "car", "boat", "plane", "house", "tree")
_PIXEL_LIKE = 20  # a normalised picture stays within -2.2..2.7, one in 0..255 goes far beyond


class Classifier(nn.Module):
    """A frozen network in evaluation mode with what belongs to it; calling it gives raw scores (N, classes).

    Attributes
    ----------
    net : the network itself, an ordinary module.
    name : what the zoo calls it.
    recipe : JSON-able dictionary from which `from_recipe` builds the same model again.
    classes : the name of each class.
    layer_names : the layer names that people use -> paths of modules.
    size : side of the square pictures that `preprocess` makes, in pixels.
    """

    def __init__(
        self,
        net: nn.Module,
        *,
        recipe: dict[str, Any],
        classes: Iterable[str],
        layer_names: dict[str, str],
        size: int = 224,
    ) -> None:
        super().__init__()
        self.net = net
        self.name = str(recipe["name"])
        self.recipe = dict(recipe)
        self.classes = tuple(classes)
        self.layer_names = dict(layer_names)
        self.size = size
        self._read: set[tuple[int, ...]] = set()
        self.eval().requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        """Raw scores (N, classes) of normalised pictures (N, 3, H, W); says what is wrong with anything else.

        Inside, float32 maps lie as is fastest on the device: on a processor that halves the time to the scores.
        """
        self._check_input(x)
        return self.net(laid_out(x, fastest_layout(x)) if x.dtype == torch.float32 else x)

    def preprocess(self, pictures: Any) -> Tensor:
        """Normalised tensor (N, 3, size, size), of the model's type and on its device.

        `pictures` is one or a list of: PIL image, RGB array (H, W, 3), or `cs182viz.images.Picture`.
        """
        if not isinstance(pictures, list | tuple):
            pictures = [pictures]
        if not pictures:
            raise ValueError("preprocess got an empty list: give it at least one picture")
        images = (p if isinstance(p, Image.Image | np.ndarray) else getattr(p, "image", p) for p in pictures)
        batch = torch.cat([imageops.preprocess(image, size=self.size) for image in images])
        weight = next(self.net.parameters())
        return batch.to(device=weight.device, dtype=weight.dtype)

    def class_index(self, name: str) -> int:
        """Number of the class of that name, as `find_class` finds it."""
        return find_class(name, self.classes)

    def class_name(self, index: int) -> str:
        """Name of the class of that number; raises ValueError if there is none."""
        return name_of(index, self.classes)

    def _check_input(self, x: Tensor) -> None:
        if not isinstance(x, Tensor):
            raise TypeError(f"{self.name} takes a tensor (N, 3, H, W), got {type(x).__name__}: use model.preprocess")
        if x.ndim != 4 or x.shape[1] != 3:
            raise ValueError(f"{self.name} takes pictures of shape (N, 3, H, W), got {tuple(x.shape)}{_shape_hint(x)}")
        weight = next(self.net.parameters())
        if x.dtype != weight.dtype:
            raise TypeError(f"{self.name} takes {weight.dtype}, got {x.dtype}: use model.preprocess or x.to(...)")
        if x.device != weight.device:
            raise ValueError(f"{self.name} is on {weight.device} and the pictures on {x.device}: move one of them")
        if x.numel() and self._is_to_be_read(x):
            low, high = (float(value) for value in x.detach().aminmax())
            if low >= 0 and high > _PIXEL_LIKE:
                raise ValueError(
                    f"these pictures hold values from {low:.4g} to {high:.4g}, as if in 0..255; {self.name} takes "
                    f"normalised ones, (rgb / 255 - mean) / std: use model.preprocess"
                )

    def _is_to_be_read(self, x: Tensor) -> bool:
        """Whether to look at the values: on an accelerator, which that would make wait, once for each shape."""
        known = x.shape in self._read
        self._read.add(tuple(x.shape))
        return on_host(x) or not known


def load_model(name: str = "squeezenet", *, device: str | torch.device = "cpu", progress: bool = True) -> Classifier:
    """Load a classifier trained on ImageNet, frozen and in evaluation mode.

    Parameters
    ----------
    name : ``"squeezenet"`` (in the package), or any classifier of torchvision by its name there, such as ``"alexnet"``,
        ``"vgg16"`` or ``"resnet50"``; those are fetched once from torchvision's address, see `cs182viz.assets`.
    device : where to put it; ``"auto"`` takes CUDA or MPS where there is one, else the CPU.
    progress : whether a download shows a bar.

    Raises
    ------
    ValueError
        There is no such network, or no such device.
    AssetError
        Its weights could not be had; the message says which file to put where.
    """
    place = pick(device)
    if name == "squeezenet":
        net, size = copy.deepcopy(_shipped()), 224
    else:
        # here, because torchvision takes seconds to import, which most notebooks can do without
        from cs182viz import fetched_networks

        weights = fetched_networks.weights_of(name)
        preset = weights.transforms()
        if tuple(preset.mean) != imageops.IMAGENET_MEAN or tuple(preset.std) != imageops.IMAGENET_STD:
            raise ValueError(f"{name} was trained on pictures normalised in another way than the zoo's: choose another")
        state = fetched_networks.fetched(weights.url, progress=progress)
        net, size = _build(lambda: fetched_networks.untrained(name), state), preset.crop_size[0]
    recipe = {"name": name}
    model = Classifier(net, recipe=recipe, classes=IMAGENET_CLASSES, layer_names=_layer_names(net), size=size)
    return model.to(place)


def tiny_network(seed: int = 0, *, classes: int = 10, dtype: torch.dtype = torch.float64) -> Classifier:
    """Build a small random network for exact tests: pictures from 8x8 up, the same bits for the same seed.

    conv1 (8) - relu1 (in place) - pool1 (maximum, 2x2) - conv2 (16) - relu2 (in place) - pool2 (global average) -
    logits. Here each step has its own name: ``conv1`` is the convolution *before* its ReLU, ``relu1`` what comes after.
    """
    if classes < 2:
        raise ValueError(f"a classifier needs at least 2 classes, got {classes}")
    net = copy.deepcopy(_tiny(seed, classes))
    layers = {name: f"net.{name}" for name in ("conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "logits")}
    names = [*_TINY_CLASSES, *(f"class {index}" for index in range(len(_TINY_CLASSES), classes))][:classes]
    recipe = {"name": "tiny_network", "seed": seed, "classes": classes, "dtype": str(dtype).removeprefix("torch.")}
    return Classifier(net.to(dtype), recipe=recipe, classes=names, layer_names=layers)


def from_recipe(recipe: dict[str, Any]) -> Classifier:
    """Build a model of this module again from its `recipe`."""
    options = dict(recipe)
    name = options.pop("name")
    if name != "tiny_network":
        return load_model(name, **options)
    return tiny_network(options.pop("seed"), dtype=getattr(torch, options.pop("dtype")), **options)


def _shape_hint(x: Tensor) -> str:
    if x.ndim == 3 and x.shape[0] == 3:
        return ": one picture needs a batch dimension, x[None]"
    if x.shape[-1] == 3:
        return ": channels come second, x.permute(0, 3, 1, 2)" if x.ndim == 4 else ": use model.preprocess"
    return ""


@functools.cache
def _shipped() -> nn.Module:
    """SqueezeNet, of which everybody gets a copy: that takes half as long as to build it."""
    data = data_path(SQUEEZENET_FILE).read_bytes()
    if hashlib.sha256(data).hexdigest() != SQUEEZENET_SHA256:
        raise AssetError(f"{SQUEEZENET_FILE} in this installation of cs182viz is damaged: install it again")
    return _build(SqueezeNet, {key: value.float() for key, value in safetensors.torch.load(data).items()})


def _build(untrained: Callable[[], nn.Module], state: dict[str, Tensor]) -> nn.Module:
    """A network with the given weights."""
    with torch.random.fork_rng(devices=[]):  # the random weights that it starts with are not kept
        net = untrained()
    net.load_state_dict(state)
    return net


@functools.lru_cache(maxsize=64)
def _tiny(seed: int, classes: int) -> nn.Module:
    """The network in float64, of which everybody gets a copy."""
    with torch.random.fork_rng(devices=[]):  # layers draw weights of their own, which are not kept
        net = _tiny_layers(classes).double()
    _randomize(net, seed)
    return net


def _tiny_layers(classes: int) -> nn.Sequential:
    layers = {
        "conv1": nn.Conv2d(3, 8, 3, padding=1),
        "relu1": nn.ReLU(inplace=True),
        "pool1": nn.MaxPool2d(2),
        "conv2": nn.Conv2d(8, 16, 3, padding=1),
        "relu2": nn.ReLU(inplace=True),
        "pool2": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(),
        "logits": nn.Linear(16, classes),
    }
    return nn.Sequential(OrderedDict(layers))


def _layer_names(net: nn.Module) -> dict[str, str]:
    """The field's layer names for AlexNet, VGG and SqueezeNet; for any other network its module paths."""
    kind = type(net).__name__  # torchvision's classes are known by name, so that it need not be imported
    if kind in ("AlexNet", "VGG", "SqueezeNet"):
        features, classifier = cast("nn.Sequential", net.features), cast("nn.Sequential", net.classifier)
        names = _feature_names(features, blocks=kind == "VGG") | _head_names(classifier)
    else:
        names = {path: f"net.{path}" for path, _ in net.named_modules() if path}
    return names | {"logits": "net"}


def _feature_names(features: nn.Sequential, *, blocks: bool) -> dict[str, str]:
    """Number the convolutions and Fire modules in order, in VGG as block_step; a pool bears the number before it."""
    names, block, step = {}, 1, 0
    for index, module in enumerate(features):
        path = f"net.features.{index}"
        is_fire = type(module).__name__ == "Fire"
        if is_fire or isinstance(module, nn.Conv2d):
            step += 1
        if is_fire:
            names[f"fire{step}"] = path
        elif isinstance(module, nn.ReLU):
            names[f"conv{block}_{step}" if blocks else f"conv{step}"] = path
        elif isinstance(module, nn.MaxPool2d):
            names[f"pool{block}" if blocks else f"pool{step}"] = path
            block, step = (block + 1, 0) if blocks else (block, step)
    return names


def _head_names(classifier: nn.Sequential) -> dict[str, str]:
    """fc6, fc7 after their ReLU and fc8, the scores; in SqueezeNet conv10 after its ReLU and its average, pool10."""
    if any(isinstance(module, nn.Conv2d) for module in classifier):
        return {"conv10": "net.classifier.2", "pool10": "net.classifier.3"}
    names = {}
    relus = [index for index, module in enumerate(classifier) if isinstance(module, nn.ReLU)]
    for number, index in enumerate([*relus, len(classifier) - 1], start=6):
        names[f"fc{number}"] = f"net.classifier.{index}"
    return names


def _randomize(net: nn.Module, seed: int) -> None:
    """He's initialisation and small biases, drawn in float64 so that every dtype gets the same."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in net.parameters():
            values = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            scale = (2 / parameter[0].numel()) ** 0.5 if parameter.ndim > 1 else 0.1
            parameter.copy_(values * scale)
        # Centre the scores on a fixed batch, or one class would win for almost every picture; rounding makes the bias
        # the same on every machine, whatever the order in which it adds.
        probe = torch.randn(64, 3, 16, 16, generator=generator, dtype=torch.float64)
        logits = net.get_submodule("logits")
        bias, weight = logits.get_parameter("bias"), logits.get_parameter("weight")
        bias.sub_(net(probe).mean(0).round(decimals=6))
        weight.mul_(4)
        bias.mul_(4)
