"""One seed for every global random generator."""

from __future__ import annotations

import random

import numpy as np
import torch


def seed_everything(seed: int) -> None:
    """Start the global generators of Python, NumPy and torch, from which tests draw their inputs."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  (tests and students draw from the global generator)
    torch.default_generator.manual_seed(seed)  # `torch.manual_seed`, for all devices, takes five milliseconds in a fork
