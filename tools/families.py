"""Write docs/families.md: which families of torchvision the windows and the receptive fields follow, and how far.

python tools/families.py            writes the page (a minute)
"""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torchvision import models

from cs182viz.techniques.occlusion import Incremental, NotFollowedError
from cs182viz.techniques.patches import receptive_field

PAGE = Path(__file__).resolve().parent.parent / "docs" / "families.md"
FAMILIES = {
    "alexnet": 80, "vgg11": 48, "squeezenet1_1": 64, "resnet18": 64, "resnext50_32x4d": 48, "densenet121": 40,
    "googlenet": 48, "inception_v3": 96, "mobilenet_v2": 48, "mobilenet_v3_small": 48, "mnasnet0_5": 48,
    "shufflenet_v2_x0_5": 48, "efficientnet_b0": 48, "regnet_y_400mf": 48, "convnext_tiny": 48, "vit_b_16": 224,
    "swin_t": 64,
}  # fmt: skip
INTRO = """# Which networks are followed

Made by `python tools/families.py` with random weights; the tests of `cs182viz.techniques.occlusion` and `.patches`
compare families with full passes and with gradients. *Windows* says how many of the steps that have maps incremental
occlusion carries windows through; then it runs the rest of the network on whole maps, which gives the same numbers and
saves less. A squeeze (the mean over a whole map, which scales it) ends the windows. *Receptive field* says whether the
field of the last convolution can be told exactly; of transformers that is the one that cuts the picture into patches,
and all that follows sees the whole of it.

| family | windows | receptive field |
|---|---|---|
"""


def network(name: str) -> torch.nn.Module:
    """A network of a family with random weights."""
    options = {"init_weights": False, "aux_logits": False} if name in ("googlenet", "inception_v3") else {}
    torch.manual_seed(3)
    return models.get_model(name, weights=None, **options).eval().requires_grad_(False)


def windows(name: str) -> str:
    """How far windows lead."""
    try:
        followed = Incremental(network(name), torch.randn(1, 3, FAMILIES[name], FAMILIES[name])).followed
    except NotFollowedError as error:
        return f"refused: {error}"
    end = followed.index(False) if False in followed else len(followed)
    return "all of it" if all(followed) else f"{end} of {len(followed)} steps"


def field(name: str) -> str:
    """Whether receptive fields are exact."""
    model = network(name)
    last = [layer for layer, module in model.named_modules() if isinstance(module, torch.nn.Conv2d)][-1]
    try:
        extent = receptive_field(model, last, FAMILIES[name]).extent
    except (ValueError, NotImplementedError) as error:
        return f"refused: {error}"
    return f"exact; {last} sees up to {extent[0]} x {extent[1]} of {FAMILIES[name]} x {FAMILIES[name]} pixels"


def main() -> None:
    warnings.simplefilter("ignore")
    rows = [f"| `{name}` | {windows(name)} | {field(name)} |" for name in FAMILIES]
    PAGE.write_text(INTRO + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
