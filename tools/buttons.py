"""Where the repository can be found, written into what opens elsewhere: the README's and the lectures' buttons.

    python tools/buttons.py [--check]

`repository` in pyproject.toml's [tool.cs182viz] is the one setting ("https://github.com/OWNER/NAME"). While it is empty
there are no buttons, and a lecture that is opened without the project says what it needs. Each lecture's first code
cell is written here as well: the masters of the assignments have one of their own (grading/masters/package_cell.py).
"""

import argparse
import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BRANCH = "main"
CELL_ID = "find-project"
CELL = """\
# The lecture's notebooks need the whole project. Where it is missing (Colab, Kaggle), write INSTALL = True and run this
# cell: git fetches REPOSITORY, and pip installs it.
import importlib.util
import subprocess
import sys

INSTALL = False
REPOSITORY = "{repository}"
if not all(map(importlib.util.find_spec, ("cs182viz", "grading"))):
    if not (INSTALL and REPOSITORY):
        raise ModuleNotFoundError(
            "The project is missing here. Write INSTALL = True and its address as REPOSITORY above and run this cell, "
            "or open this notebook by `make lecture` in a clone of it."
        )
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", REPOSITORY, "cs182viz-project"], check=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--editable", "cs182viz-project[instructor,lecture]"]
    subprocess.run(pip, check=True)
    sys.path.insert(0, "cs182viz-project")"""
ADDRESS = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+)")
BEGIN, END = "<!-- buttons: begin (written by tools/buttons.py) -->", "<!-- buttons: end -->"


def buttons(repository: str, notebook: str) -> str:
    """Links to Binder and Colab for a notebook, or for the whole repository where that is ""; empty without an address.

    Raises
    ------
    ValueError
        If the address is none that Binder and Colab could open.
    """
    if not repository:
        return ""
    found = ADDRESS.fullmatch(repository.removesuffix("/").removesuffix(".git"))
    if not found:
        raise ValueError(f"{repository!r} is not https://github.com/OWNER/NAME, which Binder and Colab can open")
    place = f"?urlpath=lab/tree/{notebook}" if notebook else "?urlpath=lab/tree/lectures"
    binder = f"https://mybinder.org/v2/gh/{found[1]}/{BRANCH}{place}"
    links = [f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder})"]
    if notebook:
        colab = f"https://colab.research.google.com/github/{found[1]}/blob/{BRANCH}/{notebook}"
        links.append(f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab})")
    return " ".join(links)


def with_buttons(text: str, line: str) -> str:
    """A text with a line of buttons after its title, in place of the one that was there."""
    text = re.sub(f"\\n*{re.escape(BEGIN)}.*?{re.escape(END)}", "", text, flags=re.DOTALL)
    if not line:
        return text
    title, _, rest = text.partition("\n")
    return f"{title}\n\n{BEGIN}\n{line}\n{END}\n{rest}"


def lecture(text: str, repository: str, name: str) -> str:
    """A lecture's notebook (JSON) with its buttons and its first code cell."""
    nb = json.loads(text)
    first = nb["cells"][0]
    first["source"] = _lines(with_buttons("".join(first["source"]), buttons(repository, name)))
    cell = {"cell_type": "code", "execution_count": None, "id": CELL_ID, "metadata": {}, "outputs": []}
    nb["cells"] = [cell for cell in nb["cells"] if cell["id"] != CELL_ID]
    nb["cells"].insert(1, cell | {"source": _lines(CELL.format(repository=repository))})
    return json.dumps(nb, indent=1, ensure_ascii=False) + "\n"


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if something would change")
    check = parser.parse_args().check
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    repository = project["tool"]["cs182viz"]["repository"]
    readme = ROOT / "README.md"
    wanted = {readme: with_buttons(readme.read_text(encoding="utf-8"), buttons(repository, ""))}
    for path in sorted((ROOT / "lectures").glob("*.ipynb")):
        wanted[path] = lecture(path.read_text(encoding="utf-8"), repository, f"lectures/{path.name}")
    changed = [path for path, text in wanted.items() if path.read_text(encoding="utf-8") != text]
    for path in changed:
        print(f"{'out of step' if check else 'written'}: {path.relative_to(ROOT)}")
        if not check:
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
