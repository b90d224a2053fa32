"""One assignment of a course, read once: whoever works on it is handed this value and asks the disk for nothing."""

from __future__ import annotations

import dataclasses
import tempfile
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode

from grading.config import Course
from grading.config.settings import load

from . import beside, notebook
from .bundle import Bundle, Cell, Given, Test, Wrong
from .release import release
from .solutions import Misconception, catalogue, rights


class Assignment:
    """An assignment: its master, what students were given, its questions and points, and the mistakes that it knows.

    The master is read when this is made, everything else when it is first asked for; each file once.

    Raises
    ------
    CourseError
        If the course has no assignment of that name.
    NotebookError
        If the master is no notebook, or breaks a convention of the course.
    """

    def __init__(self, course: Course, name: str) -> None:
        self.course = course
        self.name = name
        self.path: Path = course.master(name)
        self.master: NotebookNode = notebook.read(self.path)
        notebook.check_master(self.master)

    @cached_property
    def released(self) -> NotebookNode:
        """The notebook that students got; made anew from the master where it was not released yet."""
        if self.course.released(self.name).exists():
            return notebook.read(self.course.released(self.name))
        with tempfile.TemporaryDirectory(prefix="release-") as scratch:
            aside = dataclasses.replace(self.course, assignments=Path(scratch))
            release(aside, [self.name])
            return notebook.read(aside.released(self.name))

    @cached_property
    def answers(self) -> dict[str, str]:
        """The master's source of each answer, by the function that students write there."""
        return notebook.answers(self.master)

    @cached_property
    def tests(self) -> dict[str, float]:
        """The points of each test, by its grade_id, in the notebook's order."""
        return notebook.tests(self.master)

    @cached_property
    def questions(self) -> dict[str, float]:
        """The points of each item that a person grades, by its grade_id."""
        return notebook.manual(self.master)

    @cached_property
    def functions(self) -> dict[str, str]:
        """The function that each test is about, by the test's grade_id."""
        return {test: notebook.tested_function(test, list(self.answers)) for test in self.tests}

    @cached_property
    def misconceptions(self) -> list[Misconception]:
        """The catalogue of wrong versions beside the master; empty if it has none."""
        return catalogue(self.path, self.answers)

    @cached_property
    def bundle(self) -> Bundle:
        """What travels to the workers: the master's cells, the catalogue, and the cells that students were given."""
        defines = {key: tuple(notebook.defined(key, source)) for key, source in self.answers.items()}
        settings = load(self.course.solutions)
        return Bundle(
            assignment=self.name,
            setup=tuple(Cell(cell.id, cell.source) for cell in self.master.cells if notebook.is_setup(cell)),
            answers=tuple(Cell(key, source, defines[key]) for key, source in self.answers.items()),
            tests=tuple(
                Test(name, cell.source, self.tests[name], self.functions[name])
                for cell in self.master.cells
                if notebook.is_test(cell) and (name := notebook.grade_id(cell))
            ),
            catalogue=tuple(
                Wrong(entry.function, entry.name, entry.hint, entry.source) for entry in self.misconceptions
            ),
            given=tuple(_given(cell, defines) for cell in self.released.cells if cell.cell_type == "code"),
            forbidden=settings.forbidden.get(self.name, ()),
            rights=tuple(Cell(right.name, right.source, (right.function,)) for right in rights(self.path)),
            files=beside.read(self.path, settings.hidden),
        )

    def step(self, step: str, student: str) -> Path:
        """Return nbgrader's folder of one student's work; `step` is submitted, autograded or feedback."""
        return self.course.step(step, student, self.name)

    def submitted(self, student: str) -> Path:
        """Return the path of the notebook that a student handed in (it may not exist)."""
        return self.step("submitted", student) / f"{self.name}.ipynb"


def _given(cell: NotebookNode, defines: dict[str, tuple[str, ...]]) -> Given:
    name = notebook.grade_id(cell) or cell.get("id", "")
    if notebook.is_answer(cell):
        return Given(name, "answer", cell.source, defines[name])
    role = "test" if notebook.is_test(cell) else "setup" if notebook.is_setup(cell) else "demonstration"
    return Given(name, role, cell.source)
