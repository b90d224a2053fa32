"""The network that ships, the files it has never seen, and networks that a reader trained."""

import json
from pathlib import Path
from typing import Any

import torch

from cs182viz.assets import data_path
from cs182viz.techniques.cells.network import Reader
from cs182viz.techniques.cells.scores import Found
from cs182viz.techniques.cells.text import decode
from cs182viz.techniques.common.weights_file import load_network

FILE = "cells/cells.safetensors"
SHA256 = "4af513c66bb508946bb9eb7847f0dc901e52cc8ec8a02a26e3867f44a486f3f7"
SOURCES = ("completion.c", "vdbevtab.c")
"""Two files of SQLite, in the public domain, that the network has never seen: to search cells in, and to score them."""
EXAMPLE = """/* In the manner of the lecture's slide: nobody is asked to run it. */
int audit_match(const struct rule *rule, int type, unsigned long mask)
{
  if (rule->mask & (1UL << type)) {
    for (int i = 0; i < rule->count; i++) {
      if (rule->bits[i] && !(mask & rule->bits[i])) {
        printf("no match: \\"%s\\" at %d { not a brace }\\n", rule->name, i);
        return 0;  /* "no quote here" */
      }
    }
  }
  return 1;
}
"""
"""A function to look at, with what confuses a lexer that is too small."""


def load_reader(path: Path | None = None, *, device: str | torch.device = "cpu") -> Reader:
    """A trained network that reads C, frozen.

    Parameters
    ----------
    path : the ``cells.safetensors`` of a training of one's own; by default the one in the package.
    device : where to put it; ``"auto"`` takes what is there.

    Raises
    ------
    CheckpointError
        (a ValueError) the file is damaged, or holds something else.
    FileNotFoundError
        There is no such file.
    """
    file, sha256 = (data_path(FILE), SHA256) if path is None else (path, None)
    return load_network(file, sha256, lambda about: Reader(about["cells"], about["width"]), device=device)


def load_source(name: str = SOURCES[1]) -> str:
    """One of the files in `SOURCES`.

    Raises
    ------
    ValueError
        There is no such file.
    """
    if name not in SOURCES:
        raise ValueError(f"there is no source {name!r}; there are {', '.join(SOURCES)}")
    return decode(data_path(f"cells/{name}").read_bytes(), name)


def load_card() -> dict[str, Any]:
    """What is known of the network that ships: data, licences, time, and figures on what was held out."""
    return json.loads(data_path("cells/cells.json").read_text(encoding="utf-8"))


def load_found() -> dict[str, Found]:
    """What `find_cells` finds in `SOURCES` for the network that ships, from its card: nothing is read."""
    return {name: Found(name, **one) for name, one in load_card()["held out"]["cells"].items()}
