"""Tables of numbers, for this notebook: read one, and bring its columns to one scale."""

import csv
from pathlib import Path

import numpy as np


def read_table(path):
    """Return the names in the first line of a CSV file, and its numbers as an array (rows, columns)."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    return names, np.array(rows, dtype=float)


def standardize(columns):
    """Return the columns with mean 0 and standard deviation 1."""
    return (columns - columns.mean(axis=0)) / columns.std(axis=0)
