"""Maps of points in many dimensions: PCA, t-SNE, clusters on the map, pictures drawn on it (lecture 10, section 1)."""

from cs182viz.techniques.embedding.affinities import affinities
from cs182viz.techniques.embedding.clusters import cluster, cluster_scatter, typical_gap
from cs182viz.techniques.embedding.one_call import Embedding, embed
from cs182viz.techniques.embedding.picture_maps import grid_cells, thumbnail_grid
from cs182viz.techniques.embedding.quality import knn_accuracy, trustworthiness
from cs182viz.techniques.embedding.schedule import Controls
from cs182viz.techniques.embedding.tsne import tsne_steps

__all__ = [
    "Controls",
    "Embedding",
    "affinities",
    "cluster",
    "cluster_scatter",
    "embed",
    "grid_cells",
    "knn_accuracy",
    "thumbnail_grid",
    "trustworthiness",
    "tsne_steps",
    "typical_gap",
]
