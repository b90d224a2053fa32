"""The notebook that nbgrader shows for a submission: the student's sources, the released tests, and what they gave.

Nothing was run to make it, and nothing of the submission but its sources is in it. Tests stand as they were released:
hidden ones are shown to nobody.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from grading.masters import notebook
from grading.verdicts.verdict import Item, ItemState, Verdict

LONGEST = 100_000
_NAMES = {"wrong": "AssertionError", "missing": "NotImplementedError", "time": "CellTimeoutError"}
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_SCRIPT_LINK = re.compile(r"(?:java|vb)script\s*:|data\s*:", re.IGNORECASE)
_DEFINED = re.compile(r"^(?:async )?def (\w+)", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, eq=False)
class Source:
    """A cell as it was handed in: kind, ids and text."""

    kind: str
    ids: tuple[str, ...]
    text: str


class HandedIn:
    """The cells of a submission, and which of them belongs to a released cell; none if it could not be read."""

    def __init__(self, submitted: dict[str, Any] | None) -> None:
        self.sources = list(_sources(submitted or {"cells": []}))
        self._by_id: dict[str, list[Source]] = defaultdict(list)
        self._defining: dict[str, list[Source]] = defaultdict(list)
        for source in self.sources:
            for name in set(source.ids):
                self._by_id[name].append(source)
            for name in set(_DEFINED.findall(source.text)):
                self._defining[name].append(source)

    def own(self, cell: NotebookNode, taken: Container[Source] = ()) -> Source | None:
        """The student's text for a cell: the last one with its id, else the last one that defines the function."""
        name = notebook.grade_id(cell)
        by_id = [source for source in self._by_id.get(name, ()) if source not in taken]
        defining = [source for source in self._defining.get(name, ()) if source not in taken]
        by_name = [source for source in defining if source.kind == "code"]
        code = [source for source in defining if name in source.ids] if notebook.is_answer(cell) else []
        return next((found[-1] for found in (code, by_name, by_id) if found), None)

    def response(self, cell: NotebookNode) -> str:
        """What was handed in in place of a released cell; its own text where there is nothing."""
        own = self.own(cell)
        return own.text if own else cell.source


def graded_notebook(released: NotebookNode, handed_in: HandedIn, verdict: Verdict) -> NotebookNode:
    """Return the notebook to show, for a released one and what a student handed in."""
    nb = _copy(released)
    nb.cells = [_copy(cell) for cell in released.cells]  # what lies deeper is not touched
    taken: set[Source] = set()
    known = {cell.source.strip() for cell in nb.cells}
    items = {item.grade_id: item for item in verdict.items}
    for cell in nb.cells:
        if notebook.is_answer(cell) or notebook.is_manual(cell):
            own = handed_in.own(cell, taken)
            if own is not None:
                taken.add(own)
                cell.source = _shown(own, cell.cell_type)
        if cell.cell_type == "code":
            item = items.get(notebook.grade_id(cell)) if notebook.is_test(cell) else None
            cell.outputs = [verdict_output(item)] if item else []
            cell.execution_count = None
    left = [source for source in handed_in.sources if source not in taken]
    more = [source for source in left if (text := source.text.strip()) and text not in known]
    nb.cells[:0] = [note] if (note := _note(verdict)) else []
    nb.cells += list(_others(more))
    return nb


def verdict_output(item: Item) -> NotebookNode:
    """Return what a test cell shows: its points, and why they are not all there."""
    score = f"{item.earned:g} of {item.points:g} points."
    if item.state == ItemState.FULL:
        text = " ".join(filter(None, [score, _plain(item.reason)]))
        return NotebookNode(output_type="stream", name="stdout", text=text)
    lines = [score, item.reason, item.hint, item.traceback]
    if item.state == ItemState.REVIEW:
        lines.insert(1, "A person will look at this.")
    name = _NAMES.get(item.kind, item.kind.capitalize() or "Review")
    traceback = [_plain(line) for line in lines if line]
    return NotebookNode(output_type="error", ename=name, evalue=_plain(item.reason), traceback=traceback)


def harmless(text: str) -> str:
    """Return markdown in which nothing is HTML and no link runs a script; formulas and code read as before."""
    return _SCRIPT_LINK.sub("link:", _TAG.sub("< ", _plain(text)))


def _sources(content: dict[str, Any]) -> Iterator[Source]:
    for cell in content["cells"]:
        if not isinstance(cell, dict):
            continue
        metadata = cell.get("metadata")
        about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        ids = (about.get("grade_id") if isinstance(about, dict) else None, cell.get("id"))
        text = cell.get("source", "")
        text = "".join(map(str, text)) if isinstance(text, list) else str(text)
        yield Source(str(cell.get("cell_type")), tuple(name for name in ids if isinstance(name, str)), text[:LONGEST])


def _copy(node: NotebookNode) -> NotebookNode:
    """A shallow copy; `copy.copy` sets each key by nbformat's own checks, and a class has a hundred thousand cells."""
    copied = NotebookNode()
    dict.update(copied, node)
    return copied


def _shown(source: Source, kind: str) -> str:
    return _plain(source.text) if kind == "code" else harmless(source.text)


def _note(verdict: Verdict) -> NotebookNode | None:
    said = [text for text in (verdict.reason, *verdict.flags) if text]
    if not said:
        return None
    lines = "\n".join(f"- {harmless(text)}" for text in said)
    return new_markdown_cell(f"**For the grader: {verdict.state}**\n\n{lines}", id="for-the-grader")


def _others(sources: list[Source]) -> Iterator[NotebookNode]:
    if sources:
        yield new_markdown_cell("## Other cells of this submission", id="other-cells")
    for number, source in enumerate(sources):
        if source.kind == "code":
            yield new_code_cell(_plain(source.text), id=f"other-{number}")
        else:
            yield new_markdown_cell(harmless(source.text), id=f"other-{number}")


def _plain(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n"))
