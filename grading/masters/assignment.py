"""From a course's folders to the bundle of one assignment, which travels to the workers."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

from nbformat import NotebookNode

from grading.config import Course
from grading.config.settings import load
from grading.masters.bundle import Bundle, Cell, Given, Test, Wrong

from . import notebook
from .release import release
from .solutions import misconceptions


def bundle(name: str, course: Course | None = None) -> Bundle:
    """Return the bundle of an assignment: its master's cells, the catalogue, and the cells that students were given.

    Raises
    ------
    NotebookError, CourseError
        If the master breaks a convention of the course.
    """
    course = course or Course.from_environment()
    nb = notebook.read(course.master(name))
    notebook.check_master(nb)
    defines = {key: tuple(notebook.functions(source)) for key, source in notebook.answers(nb).items()}
    names = list(defines)
    return Bundle(
        assignment=name,
        setup=tuple(Cell(cell.id, cell.source) for cell in nb.cells if notebook.is_setup(cell)),
        answers=tuple(Cell(key, source, defines[key]) for key, source in notebook.answers(nb).items()),
        tests=tuple(
            Test(
                notebook.grade_id(cell),
                cell.source,
                notebook.points(cell),
                notebook.tested_function(notebook.grade_id(cell), names),
            )
            for cell in nb.cells
            if notebook.is_test(cell)
        ),
        catalogue=tuple(
            Wrong(entry.function, entry.name, entry.hint, entry.source) for entry in misconceptions(name, course=course)
        ),
        given=tuple(_given(cell, defines) for cell in released(name, course).cells if cell.cell_type == "code"),
        forbidden=load(course.solutions).forbidden.get(name, ()),
    )


def released(name: str, course: Course) -> NotebookNode:
    """Return the notebook that students got; made anew from the master where it was not released yet."""
    if course.released(name).exists():
        return notebook.read(course.released(name))
    with tempfile.TemporaryDirectory(prefix="release-") as scratch:
        aside = dataclasses.replace(course, assignments=Path(scratch))
        release(aside, [name])
        return notebook.read(aside.released(name))


def _given(cell: NotebookNode, defines: dict[str, tuple[str, ...]]) -> Given:
    name = notebook.grade_id(cell) or cell.get("id", "")
    if notebook.is_answer(cell):
        return Given(name, "answer", cell.source, defines[name])
    role = "test" if notebook.is_test(cell) else "setup" if notebook.is_setup(cell) else "demonstration"
    return Given(name, role, cell.source)
