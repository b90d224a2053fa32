"""Maps of points in many dimensions: PCA, t-SNE, clusters on the map, and pictures drawn on it (lecture 10, section 1)."""

from cs182viz.techniques.embedding.affinities import affinities
from cs182viz.techniques.embedding.tsne import Controls, tsne_steps

__all__ = ["Controls", "affinities", "tsne_steps"]
