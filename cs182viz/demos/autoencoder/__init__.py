"""An autoencoder of digits whose codes are points of a plane that one can look into (lecture section 2)."""

from cs182viz.demos.autoencoder.demo import Autoencoder

__all__ = ["Autoencoder"]
