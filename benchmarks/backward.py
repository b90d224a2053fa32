"""ReLU's three backward rules and saliency on a batch of 8 photographs, beside Captum on the same network.

Captum needs ReLUs that do not work in place, so it gets a copy of SqueezeNet without them; ours runs the network as it
is. The rules are arguments of ours: here each is written in the fewest passes over memory that PyTorch offers.

    python benchmarks/backward.py [--device cuda] [--rounds 7]
"""

from __future__ import annotations

import copy
import sys
import warnings

import captum.attr
import torch
from pairs import compare, options
from torch import nn

from cs182viz.images import load_images
from cs182viz.techniques.backward import relu_gradient
from cs182viz.zoo import load_model

threshold = torch.ops.aten.threshold_backward  # [x > 0] R in one pass
METHODS = {
    "backprop": (lambda R, x: threshold(R, x, 0), captum.attr.Saliency, {"abs": False}),
    "deconvnet": (lambda R, _: R.clamp(min=0), captum.attr.Deconvolution, {}),
    "guided": (lambda R, x: threshold(R, x, 0).clamp_(min=0), captum.attr.GuidedBackprop, {}),
}
TOLERANCE = 1e-5  # of the largest entry


def without_inplace(model: nn.Module) -> nn.Module:
    """A copy on which Captum's hooks work."""
    model = copy.deepcopy(model)
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return model


def main() -> int:
    """Print what each takes; 1 if the maps differ."""
    asked = options(__doc__.splitlines()[0], rounds=7)
    torch.set_num_threads(2)
    warnings.filterwarnings("ignore", message="Setting (backward|forward)")  # Captum's, about its hooks
    model = load_model(device=asked.device)
    plain = without_inplace(model)
    pictures = load_images()[:8]
    x = model.preprocess(pictures)
    labels = torch.tensor([picture.label for picture in pictures], device=asked.device)
    contenders = {
        name: (
            lambda rule=rule: relu_gradient(rule, x, model, unit=labels),
            lambda peer=peer, options=options: (
                peer(plain).attribute(x.clone().requires_grad_(), target=labels, **options).detach()
            ),
        )
        for name, (rule, peer, options) in METHODS.items()
    }
    contenders["saliency"] = (
        lambda: relu_gradient(None, x, model, unit=labels).abs().amax(dim=1),
        lambda: captum.attr.Saliency(plain).attribute(x.clone().requires_grad_(), target=labels).amax(dim=1),
    )
    worst = 0.0
    for name, (ours, theirs) in contenders.items():
        result = compare({"ours": ours, "Captum": theirs}, rounds=asked.rounds)
        result.report(f"{name}, 8 photographs through SqueezeNet")
        mine, others = result.results["ours"], result.results["Captum"]
        difference = float((mine - others).abs().max() / others.abs().max())
        print(f"  largest difference {difference:.1e} of the largest entry")
        worst = max(worst, difference)
    return int(worst > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
