"""What a trial's parent process holds before it forks: the slow imports, and torch on one thread.

A process that has computed on several threads must not be forked: the child would wait for threads that it lacks.
"""

import os

os.environ["MPLBACKEND"] = "Agg"

import matplotlib.pyplot  # noqa: F401
import sklearn.datasets  # noqa: F401
import torch

from cs182viz import images, zoo  # noqa: F401
from grading.masters import trial  # noqa: F401

torch.set_num_threads(1)
zoo.load_model("squeezenet")  # its file is read once, and the libraries behind it are loaded
