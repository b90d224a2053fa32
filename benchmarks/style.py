"""One loss and its gradient in style transfer, beside the same layers in a loop written out in plain PyTorch."""

import sys
from collections.abc import Callable

import torch
from pairs import compare, options
from torch import Tensor, nn

from cs182viz import imageops
from cs182viz.images import load_image
from cs182viz.techniques.style import transfer as style
from cs182viz.zoo import load_model

STYLE_LAYERS = {"conv1": 10.0, "fire2": 3.0, "fire3": 1.0, "fire4": 1.0, "fire5": 1.0, "fire6": 1.0}
CONTENT_LAYER, CONTENT_WEIGHT, TV_WEIGHT = "fire4", 0.002, 20.0
STEPS = 5


def content_loss(weight: float, current: Tensor, original: Tensor) -> Tensor:
    return weight * (current - original).square().sum()


def gram_matrix(features: Tensor) -> Tensor:
    rows = features.flatten(2)
    return rows @ rows.mT / features[0].numel()


def style_loss(feats: list[Tensor], names: list[int], targets: list[Tensor], weights: list[float]) -> Tensor:
    together = zip(names, targets, weights, strict=True)
    return sum(w * (gram_matrix(feats[i]) - target).square().sum() for i, target, w in together)


def tv_loss(picture: Tensor, weight: float) -> Tensor:
    return weight * (picture.diff(dim=2).square().sum() + picture.diff(dim=3).square().sum())


def ours(model: nn.Module, content: Tensor, painting: Tensor) -> Callable[[], list[float]]:
    """`STEPS` losses and gradients of the driver."""

    def run() -> list[float]:
        frames = style.style_transfer(
            model,
            content,
            painting,
            content_loss=content_loss,
            gram_matrix=gram_matrix,
            style_loss=style_loss,
            tv_loss=tv_loss,
            max_iter=STEPS - 1,
        )
        return [loss for _, _, loss in frames]

    return run


def plain(model: nn.Module, content: Tensor, painting: Tensor) -> Callable[[], list[float]]:
    """The same with the network's layers called one after the other, as tutorials do."""
    stages = nn.Sequential(*list(model.net.features)[:10])
    places = {"conv1": 1, "fire2": 3, "fire3": 4, "fire4": 6, "fire5": 7, "fire6": 9}

    def see(x: Tensor) -> dict[str, Tensor]:
        seen = {}
        for place, stage in enumerate(stages):
            x = stage(x)
            for name, there in places.items():
                if there == place:
                    seen[name] = x
        return seen

    def run() -> list[float]:
        with torch.no_grad():
            original = see(content)[CONTENT_LAYER]
            targets = {name: gram_matrix(features) for name, features in see(painting).items()}
        picture = content.clone().requires_grad_()
        optimizer = torch.optim.Adam([picture], lr=style.LEARNING_RATES["adam"])
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, STEPS - 1, eta_min=style.LEARNING_RATES["adam"] / 20
        )
        losses = []
        for _ in range(STEPS):
            optimizer.zero_grad()
            seen = see(picture)
            loss = content_loss(CONTENT_WEIGHT, seen[CONTENT_LAYER], original) + tv_loss(picture, TV_WEIGHT)
            for name, weight in STYLE_LAYERS.items():
                loss = loss + weight * (gram_matrix(seen[name]) - targets[name]).square().sum()
            loss.backward()
            losses.append(float(loss.detach()))
            optimizer.step()
            cosine.step()
            with torch.no_grad():
                picture.copy_(imageops.clamp_to_image(picture))
        return losses

    return run


def main() -> int:
    asked = options(__doc__.splitlines()[0], rounds=7)
    model = load_model("squeezenet", device=asked.device)
    same = True
    for size in (192, 320):
        pictures = [
            imageops.preprocess(load_image(name), size=size).to(asked.device) for name in ("castle", "starry_night")
        ]
        contenders = {name: make(model, *pictures) for name, make in (("ours", ours), ("plain PyTorch", plain))}
        timed = compare(contenders, rounds=asked.rounds)
        timed.report(f"style: {STEPS} losses and gradients at {size} x {size}")
        found, expected = (torch.tensor(timed.results[name]) for name in contenders)
        difference = ((found - expected).abs() / expected).tolist()
        # Adam's first step is the sign of the gradient, so the last bits of tiny entries tell later on
        print(f"  the losses differ by {difference[0]:.0e} of their value, after {STEPS} steps by {difference[-1]:.0e}")
        same = same and difference[0] < 1e-5 and max(difference) < 1e-2
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
