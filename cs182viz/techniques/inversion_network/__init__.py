"""From a code back to a picture in one pass, by a network that was trained for it (lecture section 5)."""

from cs182viz.techniques.inversion_network.codes import CODES, encode, encode_all
from cs182viz.techniques.inversion_network.network import SIDE, Inverter
from cs182viz.techniques.inversion_network.train import State, train

__all__ = ["CODES", "SIDE", "Inverter", "State", "encode", "encode_all", "train"]
