"""Scikit-learn's 8x8 digits, learned while one watches: a convolutional network, and an autoencoder with a plane."""

from cs182viz.techniques.digits.autoencoder import Autoencoder, train
from cs182viz.techniques.digits.convnet import ConvNet
from cs182viz.techniques.digits.pictures import activation_tiles, as_digit, weight_tiles
from cs182viz.techniques.digits.race import OPTIMIZERS, Rates, accuracy, race
from cs182viz.techniques.digits.split import Examples, split

__all__ = [
    "OPTIMIZERS",
    "Autoencoder",
    "ConvNet",
    "Examples",
    "Rates",
    "accuracy",
    "activation_tiles",
    "as_digit",
    "race",
    "split",
    "train",
    "weight_tiles",
]
