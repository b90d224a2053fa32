"""t-SNE that one can watch and steer: the pointer shows the picture behind a point of the moving map."""

from cs182viz.demos.tsne_live.demo import TSNELive

__all__ = ["TSNELive"]
