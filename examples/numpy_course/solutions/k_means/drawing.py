"""Pictures of clusters, for this notebook."""

import matplotlib.pyplot as plt


def clusters(ax, points, labels, centers, title):
    """Draw points in the colours of their clusters, and the centers as crosses."""
    ax.scatter(points[:, 0], points[:, 1], c=labels, cmap="tab10", vmin=0, vmax=9, s=10)
    ax.plot(centers[:, 0], centers[:, 1], "kx", markersize=12, markeredgewidth=3)
    ax.set_title(title, fontsize=14)
    ax.set_aspect("equal")


def panels(count):
    """Return that many axes beside each other."""
    figure, axes = plt.subplots(1, count, figsize=(4 * count, 3.6), squeeze=False)
    figure.set_layout_engine("tight")
    return axes[0]
