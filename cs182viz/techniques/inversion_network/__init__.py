"""From a code back to a picture in one pass, by a network that was trained for it (lecture section 5)."""

from cs182viz.techniques.inversion_network.codes import CODES, encode, encode_all
from cs182viz.techniques.inversion_network.gan import GanState, Judge, train_against_judge
from cs182viz.techniques.inversion_network.measure import code_errors, mean_distance, normalised_errors, still_named
from cs182viz.techniques.inversion_network.network import SIDE, Inverter
from cs182viz.techniques.inversion_network.shipped import load_inverter
from cs182viz.techniques.inversion_network.train import State, train

__all__ = [
    "CODES",
    "SIDE",
    "GanState",
    "Inverter",
    "Judge",
    "State",
    "code_errors",
    "encode",
    "encode_all",
    "load_inverter",
    "mean_distance",
    "normalised_errors",
    "still_named",
    "train",
    "train_against_judge",
]
