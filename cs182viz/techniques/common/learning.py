"""What the trainings have in common: how the rate falls, a loss that is none, an optimizer on another device."""

import math

import torch
from torch.optim.lr_scheduler import LambdaLR


def falling_rate(optimizer: torch.optim.Optimizer, steady: int) -> LambdaLR:
    """The learning rate as it is for `steady` steps; then it falls as one over the root of their number."""
    return LambdaLR(optimizer, lambda step: min(1.0, (steady / (step + 1)) ** 0.5))


def finite(loss: float, step: int, *, advice: str = "try another seed") -> float:
    """The loss of a step as it is; FloatingPointError with some advice if it is no longer a number."""
    if not math.isfinite(loss):
        raise FloatingPointError(f"the loss is no longer a number at step {step}: {advice}")
    return loss


def move_moments(optimizer: torch.optim.Optimizer, device: torch.device) -> None:
    """Move what an Adam remembers of each weight; its count of steps stays on the CPU, unless it is fused."""
    fused = optimizer.defaults.get("fused")
    for moments in optimizer.state.values():
        moments.update({key: value.to(device) for key, value in moments.items() if key != "step" or fused})
