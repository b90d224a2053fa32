"""Points on spiral arms, for this notebook."""

import numpy as np


def spirals(each=60, arms=3, seed=0):
    """Return points (arms * each, 2), and the number of the arm that each lies on."""
    generator = np.random.default_rng(seed)
    radius = np.tile(np.linspace(0.05, 1, each), arms)
    arm = np.repeat(np.arange(arms), each)
    angle = 4 * radius + 2 * np.pi * arm / arms + 0.15 * generator.standard_normal(arms * each)
    return radius[:, None] * np.column_stack([np.sin(angle), np.cos(angle)]), arm
