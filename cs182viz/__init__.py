"""Visualizing deep networks: the package that the assignments of CS182/282A import."""
