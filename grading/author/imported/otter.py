"""Read a notebook in the format of Otter Assign, in which raw cells with YAML mark where questions begin and end.

See https://otter-grader.readthedocs.io/en/latest/otter_assign/notebook_format.html; the older format, in which
questions are markdown cells, is not read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import yaml
from nbformat import NotebookNode

from grading.config import CourseError

from .parts import Notes, Part, number, parsed

_MARK = re.compile(r"#\s*(ASSIGNMENT CONFIG|(?:BEGIN|END) (?:QUESTION|PROMPT|SOLUTION|TESTS))\b")
_OF_OTTER = re.compile(r"\bimport otter\b|\botter\.Notebook\(|\bgrader\.(?:check|check_all|export)\(")
_REGION = re.compile(r"^(\s*)#\s*(BEGIN|END) SOLUTION\b.*$")
_LINE = re.compile(r"^(\s*)(.*?)\s*#\s*(?:SOLUTION(?: NO PROMPT)?|SEED)\s*$")
_PROMPT = re.compile(r"^\s*(\"\"\"|''')\s*#\s*BEGIN PROMPT\n.*?^\s*\1;?\s*#\s*END PROMPT\n?", re.MULTILINE | re.DOTALL)
_CONFIG = re.compile(r"^\s*(\"\"\"|''')\s*#\s*BEGIN TEST CONFIG\n(.*?)\1\s*#\s*END TEST CONFIG\n?", re.DOTALL)


def is_otter(nb: NotebookNode) -> bool:
    """Whether a notebook is in this format."""
    return any(cell.cell_type == "raw" and _MARK.match(cell.source.strip()) for cell in nb.cells)


def files_of(nb: NotebookNode) -> list[str]:
    """The files that the notebook's configuration hands out with it, as paths beside it."""
    for cell in nb.cells:
        if cell.cell_type == "raw" and "ASSIGNMENT CONFIG" in cell.source.partition("\n")[0]:
            return [str(path) for path in _yaml(cell.source).get("files") or []]
    return []


def read(nb: NotebookNode, notes: Notes) -> Iterator[Part]:
    """Yield the parts of a notebook.

    Raises
    ------
    CourseError
        If a raw cell holds no YAML.
    """
    where = ""
    question: dict[str, Any] = {}
    cases: list[NotebookNode] = []
    for cell in nb.cells:
        mark = _MARK.match(cell.source.strip()) if cell.cell_type == "raw" else None
        if mark is None:
            if where == "TESTS":
                cases.append(cell)
            else:
                yield from _cell(cell, where, question, notes)
            continue
        what = mark[1]
        if what == "ASSIGNMENT CONFIG":
            _note_config(_yaml(cell.source), notes)
        elif what == "BEGIN QUESTION":
            question, where = _yaml(cell.source), ""
        elif what == "END TESTS":
            yield from _tests(cases, question, notes)
            cases, where = [], ""
        else:
            where = what.split()[1] if what.startswith("BEGIN") else ""
            question = {} if what == "END QUESTION" else question


def _cell(cell: NotebookNode, where: str, question: dict[str, Any], notes: Notes) -> Iterator[Part]:
    called = str(question.get("name", ""))
    if cell.cell_type == "raw":
        notes.look.append(f"A raw cell was left out: {cell.source.strip()[:60]!r}.")
    elif where == "SOLUTION" and (question.get("manual") or cell.cell_type != "code"):
        code = cell.cell_type == "code"
        source = f"```python\n{cell.source}\n```" if code else cell.source
        if code:
            notes.look.append(f"{called} was code that a person graded; it is a text cell now. Could a test grade it?")
        yield Part("written", source, _points(question.get("points")) or 1.0, called)
    elif where == "SOLUTION":
        yield Part("answer", _with_marks(cell.source, called, notes), 0.0, called)
    elif where == "PROMPT" and cell.cell_type == "code":
        notes.look.append(f"The prompt of {called} was left out: students get a stub that names the function.")
    elif cell.cell_type == "code" and _OF_OTTER.search(cell.source):
        notes.taken.append("A cell that calls otter was left out.")
    else:
        yield Part("code" if cell.cell_type == "code" else "text", cell.source)


def _with_marks(source: str, called: str, notes: Notes) -> str:
    """A solution with nbgrader's marks in the place of otter's."""
    if _PROMPT.search(source):
        notes.look.append(f"{called} had a prompt within its solution, which was left out.")
        source = _PROMPT.sub("", source)
    lines: list[str] = []
    open_line = False  # within lines that are marked one by one
    for line in source.splitlines():
        region, single = _REGION.match(line), _LINE.match(line)
        if single and not region and not open_line:
            lines.append(f"{single[1]}### BEGIN SOLUTION")
        elif open_line and (region or not single):
            lines.append(f"{_indent(lines[-1])}### END SOLUTION")
        open_line = bool(single and not region)
        if region:
            lines.append(f"{region[1]}### {region[2]} SOLUTION")
        else:
            lines.append(f"{single[1]}{single[2]}" if single else line)
    return "\n".join([*lines, f"{_indent(lines[-1])}### END SOLUTION"] if open_line else lines)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _tests(cells: list[NotebookNode], question: dict[str, Any], notes: Notes) -> Iterator[Part]:
    """One item for each test case, with the points that otter gives it."""
    called = str(question.get("name", ""))
    cells = [cell for cell in cells if cell.cell_type == "code"]
    configs = [_case(cell.source) for cell in cells]
    worth = _shared([number(config.get("points")) for config, _ in configs], _points(question.get("points")))
    for points, cell, (config, source) in zip(worth, cells, configs, strict=True):
        source = _as_assert(cell, source, config, called, notes)
        if config.get("hidden"):
            source = f"### BEGIN HIDDEN TESTS\n{source}\n### END HIDDEN TESTS"
        yield Part("test", source, round(points, 4), called)


def _case(source: str) -> tuple[dict[str, Any], str]:
    """A test case's configuration, and its code."""
    if found := _CONFIG.match(source):
        return _yaml(found[2]), source[found.end() :].strip()
    first, _, rest = source.lstrip().partition("\n")
    if re.fullmatch(r"#+\s*HIDDEN\s*", first, re.IGNORECASE):
        return {"hidden": True}, rest.strip()
    return {}, source.strip()


def _shared(own: list[float | None], total: float | None) -> list[float]:
    """The points of each case: its own, and of the question's what is left, in equal parts."""
    open_cases = sum(points is None for points in own)
    if total is None:
        total = 1.0 if open_cases == len(own) else sum(points or 0.0 for points in own)
    left = max(0.0, total - sum(points or 0.0 for points in own))
    return [left / open_cases if points is None else points for points in own]


def _as_assert(cell: NotebookNode, source: str, config: dict[str, Any], called: str, notes: Notes) -> str:
    """A test case that shows a value, as an assert that expects what is stored as its output."""
    tree = parsed(source)
    shown = "".join(str(output.get("data", {}).get("text/plain", "")) for output in cell.get("outputs", []))
    printed = any(output.get("output_type") == "stream" for output in cell.get("outputs", []))
    if tree is None or not tree.body or not isinstance(tree.body[-1], ast.Expr):
        return source
    if printed or not shown:
        notes.look.append(
            f"A test of {called} goes by what is printed, which the examiner does not see: {source[:60]!r}."
        )
        return source
    last = tree.body[-1]
    before = "\n".join(source.splitlines()[: last.lineno - 1])
    expression = ast.unparse(last.value)
    sentence = config.get("failure_message") or f"{expression} should be {shown}."
    check = expression if shown == "True" else f"repr({expression}) == {shown!r}"
    return f"{before}\nassert {check}, {sentence!r}".strip()


def _note_config(config: dict[str, Any], notes: Notes) -> None:
    for key in ("requirements", "environment", "seed", "plugins", "autograder_files"):
        if config.get(key):
            notes.look.append(f"The configuration says {key}: {config[key]!r}. It was not taken over.")


def _points(value: Any) -> float | None:
    return number(value.get("each") or value.get("total")) if isinstance(value, dict) else number(value)


def _yaml(source: str) -> dict[str, Any]:
    try:
        value = yaml.safe_load(source)
    except yaml.YAMLError as error:
        raise CourseError(f"A raw cell of the notebook holds no YAML ({error}): {source.strip()[:80]!r}.") from error
    return value if isinstance(value, dict) else {}
