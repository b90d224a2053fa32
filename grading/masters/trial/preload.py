"""What a trial's parent process holds before it forks: the slow imports, and torch on one thread.

A process that has computed on several threads must not be forked: the child would wait for threads that it lacks.
"""

import gc
import os

os.environ["MPLBACKEND"] = "Agg"

import matplotlib.pyplot  # noqa: F401
import sklearn.datasets  # noqa: F401
import torch
import torch._dynamo  # torch.optim and torch.func import it at their first use, each child anew
from IPython import get_ipython  # noqa: F401, asked for by `notebook.setup`

from cs182viz import checks, gradcheck, images, notebook, plotting, quiz, zoo  # noqa: F401
from grading.masters import trial  # noqa: F401

torch.set_num_threads(1)
zoo.load_model("squeezenet")  # its file is read once, and the libraries behind it are loaded
gc.collect()
gc.freeze()  # a collection in a child would touch, and so copy, every page that it shares with this process
