"""The losses of style transfer, from the notebook in which somebody wrote them."""

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

NAMES = ("content_loss", "gram_matrix", "style_loss", "tv_loss")
_IMPORTS = (ast.Import, ast.ImportFrom)


def losses_in(notebook: Path) -> dict[str, Callable[..., Any]]:
    """The four functions, from the cells that define them; the last definition counts.

    Only imports and functions are run. It is code from a file that its user chose, so it may do what it wants.

    Raises
    ------
    ValueError
        There is no such notebook, or one of the functions is missing, fails, or is not written yet.
    """
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{notebook} cannot be read as a notebook ({type(error).__name__})") from error
    namespace: dict[str, Any] = {}
    for source in sources:
        kept: list[ast.stmt] = [node for node in _statements(source) if isinstance(node, (*_IMPORTS, ast.FunctionDef))]
        try:
            exec(compile(ast.Module(kept, []), str(notebook), "exec"), namespace)
        except ImportError as error:
            raise ValueError(f"{notebook} imports what is not here: {error}") from error
    missing = [name for name in NAMES if not callable(namespace.get(name))]
    if missing:
        raise ValueError(f"{notebook} does not define {', '.join(missing)}")
    return {name: namespace[name] for name in NAMES}


def _statements(source: str) -> list[ast.stmt]:
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        return ast.parse("\n".join(lines)).body
    except SyntaxError:  # a cell of something else
        return []
