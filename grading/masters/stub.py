"""What becomes of a master's cells on release: a stub that names its function, and a notebook without noise."""

from __future__ import annotations

import ast
import re
import textwrap
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions, InstantiateTests, NbGraderPreprocessor

from .notebook import NotebookError, is_answer, is_setup, is_test

STUB_WIDTH = 80  # characters of a stub's sentence in one line: the cell stays readable beside a sidebar


class NamedStub(ClearSolutions):
    """Replace a solution by one line, `raise NotImplementedError("<function> is not written yet: ...")`.

    What stands on the line of `### BEGIN SOLUTION` after it becomes the end of that sentence. A region outside of any
    function gets nbgrader's own stub.
    """

    code_stub: dict[str, str]

    def preprocess_cell(self, cell: NotebookNode, resources: dict[str, Any], cell_index: int) -> tuple:
        language = resources["language"]
        usual = self.code_stub
        if cell.cell_type == "code" and (stub := stub_line(cell.source, self.begin_solution_delimeter)):
            self.code_stub = {**usual, language: stub}
        try:
            return super().preprocess_cell(cell, resources, cell_index)
        finally:
            self.code_stub = usual


def stub_line(source: str, delimiter: str = "BEGIN SOLUTION") -> str:
    """Return the stub for the function around the delimiter, or "" if there is none.

    Raises
    ------
    NotebookError
        If the cell is not valid Python, since a broken master must not be released.
    """
    begin = next((i for i, line in enumerate(source.splitlines(), start=1) if delimiter in line), None)
    if begin is None:
        return ""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise NotebookError(f"A solution cell of the master is not valid Python ({error}):\n{source}") from error
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno <= begin <= (node.end_lineno or 0)
    ]
    if not around:
        return ""
    function = max(around, key=lambda node: node.lineno)
    what = re.sub(rf".*{re.escape(delimiter)}[\s:#]*", "", source.splitlines()[begin - 1]) or "write its body here"
    sentence = f"{function.name} is not written yet: {what}"
    quoted = sentence.replace("\\", "\\\\").replace('"', '\\"')
    if len(quoted) <= STUB_WIDTH:
        return f'raise NotImplementedError("{quoted}")'
    parts = textwrap.wrap(quoted, STUB_WIDTH, drop_whitespace=False, break_long_words=False)
    return "\n".join(["raise NotImplementedError(", *(f'    "{part}"' for part in parts), ")"])


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
