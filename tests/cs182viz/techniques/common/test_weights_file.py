"""The files of trained weights: what they hold is finite, whatever was put in."""

import torch

from cs182viz.techniques.common.weights_file import load_weights, save_weights


def test_a_number_that_half_precision_cannot_hold_becomes_the_largest_that_it_can(tmp_path):
    save_weights(tmp_path / "weights", {"variance": torch.tensor([1.5, 1e5, -1e9])}, {})
    weights, _ = load_weights(tmp_path / "weights")
    assert weights["variance"].tolist() == [1.5, 65504.0, -65504.0]
