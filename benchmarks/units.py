"""One step of growing a picture for a unit, beside lucent's published loop written out in plain PyTorch.

    python benchmarks/units.py [--device cuda] [--rounds 5]

The peer does what `lucent.optvis.render.render_vis` does with `param.image(224)`, the objective `neuron` and jitter:
pixels, or the coefficients of their Fourier transform, in Adam; each step makes the picture, shifts it, normalises it,
runs the whole network with a hook on the layer, and goes back from the neuron in the middle of a channel's map. Its
weights are frozen here, which spares it gradients that nobody reads; a second peer leaves them as torchvision gives
them, as the published loop does. Ours runs the network up to the layer and no further. All take as many steps, on a
picture of 224 x 224.

The program ends with 1 if a gradient of ours is not the plain one.
"""

import sys
from collections.abc import Callable

import torch
from pairs import compare, options
from torch import Tensor, nn

from cs182viz import imageops, layers
from cs182viz.techniques.visualize import visualize_unit
from cs182viz.zoo import load_model

sys.path.append(sys.path.pop(0))  # this folder has a grading.py as well, and the package is meant
from grading.masters.solutions import load

SIZE, STEPS, CHANNEL = 224, 5, 7
UNITS = {  # convolutions before their ReLU, so that no unit is silent
    "fire3": "net.features.4.expand3x3",
    "fire5": "net.features.7.expand3x3",
    "fire9": "net.features.12.expand3x3",
    "logits": "logits",
}


def pixels(shape: tuple[int, ...], device: torch.device) -> tuple[Tensor, Callable[[], Tensor]]:
    """Parameter and picture in 0..1: the logistic function of pixels."""
    values = (0.01 * torch.randn(shape)).to(device).requires_grad_()
    return values, values.sigmoid


def fourier(shape: tuple[int, ...], device: torch.device) -> tuple[Tensor, Callable[[], Tensor]]:
    """Parameter and picture in 0..1: the logistic function of a Fourier transform whose low frequencies weigh most."""
    batch, channels, height, width = shape
    rows, columns = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None]
    weight = 1 / (rows**2 + columns**2).sqrt().clamp(min=1 / max(height, width)).to(device)
    values = (0.01 * torch.randn(batch, channels, *weight.shape, 2)).to(device).requires_grad_()

    def picture() -> Tensor:
        spectrum = torch.view_as_complex(weight[..., None] * values)
        return (torch.fft.irfft2(spectrum, s=(height, width), norm="ortho") / 4).sigmoid()

    return values, picture


def middle(activation: Tensor) -> Tensor:
    """The neuron in the middle of the channel's map, or the channel where there is no map."""
    return activation[(0, CHANNEL, *(side // 2 for side in activation.shape[2:]))]


def published_loop(model: nn.Module, layer: str, parametrize: Callable) -> None:
    """STEPS of ascent on the neuron in the middle of a channel's map."""
    values, picture = parametrize((1, 3, SIZE, SIZE), next(model.parameters()).device)
    optimizer = torch.optim.Adam([values], lr=0.05)
    seen: dict[str, Tensor] = {}
    hook = layers.resolve(model, layer).register_forward_hook(lambda module, args, output: seen.update(output=output))
    try:
        for _ in range(STEPS):
            optimizer.zero_grad()
            dx, dy = torch.randint(-2, 3, (2,)).tolist()
            model(imageops.normalize(torch.roll(picture(), (dy, dx), dims=(2, 3))))
            (-middle(seen["output"])).backward()
            optimizer.step()
    finally:
        hook.remove()


def our_loop(model: nn.Module, layer: str, neuron_gradient: Callable) -> Callable[[], None]:
    """STEPS more of the package's driver at each call, with the master's gradient."""
    frames = visualize_unit(neuron_gradient, model, layer, CHANNEL, sizes=(SIZE,), steps=10**9)

    def run() -> None:
        for _ in range(STEPS):
            next(frames)

    return run


def same_gradient(model: nn.Module, layer: str, neuron_gradient: Callable) -> bool:
    """Whether one step up to the layer and one through the whole network agree on the gradient."""
    x = torch.randn(1, 3, SIZE, SIZE).to(next(model.parameters()).device).requires_grad_()
    with layers.record(model, layer) as seen:
        model(x)
    (plain,) = torch.autograd.grad(middle(seen[layer]), x)
    ours = neuron_gradient(x, model, layer, CHANNEL)
    return torch.allclose(ours, plain, rtol=1e-4, atol=1e-6 * float(plain.abs().max()))


def main() -> int:
    asked = options(__doc__.splitlines()[0], rounds=5)
    model, learning = (load_model("squeezenet", device=asked.device) for _ in range(2))
    learning.requires_grad_(True)
    neuron_gradient = load("class_visualization").neuron_gradient
    agree = True
    for name, layer in UNITS.items():
        contenders = {
            "ours": our_loop(model, layer, neuron_gradient),
            "plain loop, pixels": lambda layer=layer: published_loop(model, layer, pixels),
            "plain loop, Fourier": lambda layer=layer: published_loop(model, layer, fourier),
            "plain, Fourier, weights too": lambda layer=layer: published_loop(learning, layer, fourier),
        }
        compare(contenders, rounds=asked.rounds).report(f"{STEPS} steps for a unit of {name} at {SIZE} x {SIZE}")
        agree &= same_gradient(model, layer, neuron_gradient)
    print("gradients agree" if agree else "GRADIENTS DIFFER")
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
