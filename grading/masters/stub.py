"""What becomes of a master's cells on release: a stub that names its function, and a notebook without noise."""

from __future__ import annotations

import ast
import re
import textwrap
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions, InstantiateTests, NbGraderPreprocessor

from .notebook import NotebookError, is_answer, is_setup, is_test

_HERE = "# (the stub of this region)"
STUB_WIDTH = 80  # characters of a stub's sentence in one line: the cell stays readable beside a sidebar


class NamedStub(ClearSolutions):
    """Replace each solution by one line, `raise NotImplementedError("<function> is not written yet: ...")`.

    What stands on the line of `### BEGIN SOLUTION` after it becomes the end of that sentence. A region outside of any
    function gets nbgrader's own stub.
    """

    code_stub: dict[str, str]

    def preprocess_cell(self, cell: NotebookNode, resources: dict[str, Any], cell_index: int) -> tuple:
        language = resources["language"]
        usual = self.code_stub
        stubs = stub_lines(cell.source, self.begin_solution_delimeter) if cell.cell_type == "code" else []
        if not stubs:
            return super().preprocess_cell(cell, resources, cell_index)
        self.code_stub = {**usual, language: _HERE}
        try:
            cell, resources = super().preprocess_cell(cell, resources, cell_index)
        finally:
            self.code_stub = usual
        cell.source = _filled(cell.source, [stub or usual[language] for stub in stubs])
        return cell, resources


def stub_lines(source: str, delimiter: str = "BEGIN SOLUTION") -> list[str]:
    """Return the stub for the function or method around each delimiter, "" where there is none.

    Raises
    ------
    NotebookError
        If the cell is not valid Python, since a broken master must not be released.
    """
    lines = source.splitlines()
    begins = [i for i, line in enumerate(lines, start=1) if delimiter in line]
    if not begins:
        return []
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise NotebookError(f"A solution cell of the master is not valid Python ({error}):\n{source}") from error
    return [_stub(_name_around(tree, begin), lines[begin - 1], delimiter) for begin in begins]


def _name_around(tree: ast.Module, line: int) -> str:
    """The name of the innermost function around a line, with its class where it is a method; "" if there is none."""
    names: dict[int, str] = {}
    for owner in ast.walk(tree):
        for node in ast.iter_child_nodes(owner):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if node.lineno <= line <= (node.end_lineno or 0):
                names[node.lineno] = f"{owner.name}.{node.name}" if isinstance(owner, ast.ClassDef) else node.name
    return names[max(names)] if names else ""


def _stub(name: str, line: str, delimiter: str) -> str:
    if not name:
        return ""
    what = re.sub(rf".*{re.escape(delimiter)}[\s:#]*", "", line) or "write its body here"
    sentence = f"{name} is not written yet: {what}"
    quoted = sentence.replace("\\", "\\\\").replace('"', '\\"')
    if len(quoted) <= STUB_WIDTH:
        return f'raise NotImplementedError("{quoted}")'
    parts = textwrap.wrap(quoted, STUB_WIDTH, drop_whitespace=False, break_long_words=False)
    return "\n".join(["raise NotImplementedError(", *(f'    "{part}"' for part in parts), ")"])


def _filled(source: str, stubs: list[str]) -> str:
    """The source with a stub in each place that was left for one, as far indented as that place."""
    left = iter(stubs)
    lines = []
    for line in source.split("\n"):
        indent, bare = line[: len(line) - len(line.lstrip())], line.strip()
        lines += [indent + part for part in next(left).split("\n")] if bare == _HERE else [line]
    return "\n".join(lines)


class Autotests(InstantiateTests):
    """Write the master's values into the tests that ask for them, without running its demonstrations."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict[str, Any], index: int) -> tuple:
        if not (is_setup(cell) or is_answer(cell) or is_test(cell)):
            return cell, resources
        return super().preprocess_cell(cell, resources, index)


class Tidy(NbGraderPreprocessor):
    """Keep what a release needs, so that releasing twice writes the same bytes on every machine."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple:
        nb.metadata = NotebookNode(
            kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
            language_info={"name": "python"},
        )
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell: NotebookNode, resources: dict[str, Any], cell_index: int) -> tuple:
        keep = ("nbgrader", "deletable", "editable", "tags")
        cell.metadata = NotebookNode({key: cell.metadata[key] for key in keep if key in cell.metadata})
        return cell, resources
