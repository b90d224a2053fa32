"""The folder of a new assignment: a small one that works as it is, to be written over question by question."""

from __future__ import annotations

import keyword
import textwrap
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grading.config import Course, CourseError
from grading.masters import notebook

from .sample_question import (
    CHECK,
    IDEA,
    INTRODUCTION,
    PICTURE,
    PLAIN,
    PLAIN_MISTAKE,
    PLAIN_RIGHT,
    PLAIN_TEST,
    QUESTION,
    READING,
    SCALE,
    SCALE_MISTAKE,
    SCALE_RIGHT,
    SCALE_TEST,
    SETUP,
    WHY,
    WRITTEN,
)

FIRST = "scale_to_one"


@dataclass(frozen=True)
class Skeleton:
    """The three files of a new assignment: the master, its known mistakes, other right versions."""

    master: NotebookNode
    misconceptions: str
    right_versions: str


def new(course: Course, name: str, *, plain: int = 0, written: bool = False) -> list[str]:
    """Write the folder of a new assignment among the masters of a course; returns the paths of its files.

    Parameters
    ----------
    plain : how many plain questions are added: a stub and a test each, without picture
    written : whether a question that a person grades is added

    Raises
    ------
    CourseError
        If the name cannot be one, or the folder exists.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise CourseError(f"An assignment's name has letters, digits and underscores, such as k_means, not {name!r}.")
    folder = course.solutions / name
    if folder.exists():
        raise CourseError(f"{folder} exists already: choose another name, or remove the folder.")
    made = skeleton(name, plain=plain, written=written)
    folder.mkdir(parents=True)
    notebook.write(made.master, folder / f"{name}.ipynb")
    (folder / "misconceptions.py").write_text(made.misconceptions, encoding="utf-8")
    (folder / "right_versions.py").write_text(made.right_versions, encoding="utf-8")
    return [str(folder / file) for file in (f"{name}.ipynb", "misconceptions.py", "right_versions.py")]


def skeleton(name: str, *, plain: int = 0, written: bool = False) -> Skeleton:
    """Return what `new` writes."""
    title = name.replace("_", " ").capitalize()
    what = f"{plain + 1} small functions" if plain else "one small function"
    cells = [
        new_markdown_cell(INTRODUCTION.format(title=title, what=what), id="intro"),
        new_code_cell(SETUP, id="setup", metadata={"tags": ["setup"]}),
        new_markdown_cell(IDEA, id=f"{FIRST}-idea"),
        graded(new_code_cell(SCALE), FIRST, solution=True),
        new_markdown_cell(CHECK, id=f"{FIRST}-check"),
        graded(new_code_cell(SCALE_TEST), f"test_{FIRST}", points=10),
        new_code_cell(PICTURE, id=f"{FIRST}-picture"),
        new_markdown_cell(READING, id=f"{FIRST}-reading"),
    ]
    mistakes, rights = [SCALE_MISTAKE], [SCALE_RIGHT]
    for number in range(1, plain + 1):
        function = f"plain_{number}"
        texts = {"function": function, "section": str(number + 1), "factor": str(number + 1)}
        cells += [
            new_markdown_cell(_filled(QUESTION, texts), id=f"{function}-question"),
            graded(new_code_cell(_filled(PLAIN, texts)), function, solution=True),
            graded(new_code_cell(_filled(PLAIN_TEST, texts)), f"test_{function}", points=5),
        ]
        mistakes.append(_filled(PLAIN_MISTAKE, texts))
        rights.append(_filled(PLAIN_RIGHT, texts))
    if written:
        cells.append(new_markdown_cell(_filled(WHY, {"section": str(plain + 2)}), id="why"))
        cells.append(graded(new_markdown_cell(WRITTEN), "question_why", points=5, solution=True))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    master = new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    return Skeleton(
        master,
        _module(f"Mistakes that students make in {name}: one wrong version each, the docstring is the hint.", mistakes),
        _module(f"Right answers to {name}, written in another way: all of them earn full marks.", rights),
    )


def graded(cell: NotebookNode, grade_id: str, *, points: float | None = None, solution: bool = False) -> NotebookNode:
    """Give a cell nbgrader's metadata, and its grade_id as the id that does not change."""
    about = {"grade_id": grade_id, "schema_version": 3, "solution": solution, "task": False}
    about |= {"grade": points is not None, "locked": not solution}
    if points is not None:
        about["points"] = points
    cell.id = grade_id
    cell.metadata["nbgrader"] = about
    return cell


def _filled(template: str, texts: dict[str, str]) -> str:
    for name, text in texts.items():
        template = template.replace(f"<{name}>", text)
    return template


def _module(about: str, functions: list[str]) -> str:
    imports = "import numpy as np"
    return "\n\n\n".join(["\n\n".join([f'"""{about}"""', imports]), *map(textwrap.dedent, functions)]).rstrip() + "\n"
