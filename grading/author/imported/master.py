"""Put the parts of another grader's assignment together as a master: names, marks, and which code is setup."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grading.author.sentences import mute_asserts
from grading.author.skeleton import graded
from grading.reading.names import analyse

from .parts import Notes, Part, parsed

_MAGIC = re.compile(r"^\s*[%!]")
_SEEDS = re.compile(r"\bseed\s*\(|\bmanual_seed\s*\(|default_rng\(\s*\d")
_PRINTED = re.compile(r"\bredirect_stdout\b|\bcapsys\b|\bStringIO\b|%%capture")


def master(parts: Sequence[Part], notes: Notes) -> NotebookNode:
    """Return a master made of the parts; what had to change, or cannot be as it is, is noted."""
    return _Master(parts, notes).notebook()


class _Master:
    def __init__(self, parts: Sequence[Part], notes: Notes) -> None:
        self.notes = notes
        self.parts = [_without_magics(part, notes) for part in parts]
        self.defines: dict[str, list[str]] = {}
        """What each answer defines, by the answer's name, in the notebook's order."""
        self.ids: set[str] = set()

    def notebook(self) -> NotebookNode:
        setup = self.setup()
        cells = [self.cell(number, part, part in setup) for number, part in enumerate(self.parts, start=1)]
        self.note_modules()
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})

    def cell(self, number: int, part: Part, setup: bool) -> NotebookNode:
        if part.kind == "answer":
            return self.answer(part)
        if part.kind == "test":
            return self.test(part)
        if part.kind in ("written", "task"):
            return self.manual(part)
        name = self.free(f"cell-{number}")
        if part.kind == "text":
            return new_markdown_cell(part.source, id=name)
        return new_code_cell(part.source, id=name, metadata={"tags": ["setup"]} if setup else {})

    def setup(self) -> list[Part]:
        """The code that answers and tests need, through however many cells; what needs an answer itself is not."""
        code = [part for part in self.parts if part.kind == "code"]
        names = {part: analyse(part.source) for part in self.parts}
        answers = {name for part in self.parts if part.kind == "answer" for name in names[part].bound}
        needed = {name for part in self.parts if part.kind in ("answer", "test") for name in names[part].used}
        found: list[Part] = []
        while more := [part for part in code if part not in found and names[part].bound & needed]:
            found += more
            needed |= {name for part in more for name in names[part].used}
        for part in [part for part in found if names[part].used & answers]:
            found.remove(part)
            made, by = ", ".join(sorted(names[part].bound & needed)), ", ".join(sorted(names[part].used & answers))
            self.notes.look.append(
                f"Tests or answers need {made}, made by a cell that calls {by}: make it within the test, since no cell "
                "runs between answers and tests."
            )
        self.notes.taken.append(f"{len(found)} of {len(code)} code cells are setup: answers and tests need them.")
        return found

    def answer(self, part: Part) -> NotebookNode:
        tree = parsed(part.source)
        names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)] if tree else []
        called = part.called or "An answer"
        if not names:
            why = "is no Python" if tree is None else "defines no function, and only functions and classes are tested"
            self.notes.look.append(f"{called} {why}; it is a written question of 0 points now. Make it a function.")
            return self.manual(Part("written", f"```python\n{part.source}\n```", 0.0, part.called))
        name = self.free(names[0])
        self.defines[name] = names
        if len(names) > 1:
            self.notes.look.append(f"{called} holds {', '.join(names)}, and is called {name}. Give each its own cell.")
        source = part.source
        if "BEGIN SOLUTION" not in source:
            source = _marked(source, tree)
            self.notes.look.append(f"{called} had no marks around its solution; they are around the body now.")
        self.notes.taken.append(f"{called} is the answer {name}.")
        return graded(new_code_cell(source), name, solution=True)

    def test(self, part: Part) -> NotebookNode:
        called = part.called or "A test"
        used = analyse(part.source).used
        fitting = [name for name, names in self.defines.items() if used & set(names)]
        if not fitting:
            self.notes.look.append(
                f"{called} ({part.points:g} points) calls no function of an answer; it is a written question now. Let "
                "a function return what it looks at."
            )
            return self.manual(Part("written", f"```python\n{part.source}\n```", part.points, part.called))
        if len(fitting) > 1:
            self.notes.look.append(f"{called} calls {', '.join(fitting)}; it counts as a test of {fitting[-1]}.")
        self.note_test(called, part.source)
        name = self.free(f"test_{fitting[-1]}")
        self.notes.taken.append(f"{called} is {name}, {part.points:g} points.")
        return graded(new_code_cell(part.source), name, points=_whole(part.points))

    def note_test(self, called: str, source: str) -> None:
        if parsed(source) is not None and (lines := mute_asserts(source)):
            self.notes.look.append(f"{called} has {len(lines)} asserts without a sentence: what should a student read?")
        if _SEEDS.search(source):
            self.notes.look.append(
                f"{called} seeds a generator: its inputs are the same for everybody. Leave that out."
            )
        if _PRINTED.search(source):
            self.notes.look.append(f"{called} goes by what is printed, which the examiner does not see.")

    def manual(self, part: Part) -> NotebookNode:
        name = self.free(re.sub(r"\W+", "_", part.called).strip("_") or "question")
        if part.kind == "task":
            cell = graded(new_markdown_cell(part.source), name, points=_whole(part.points))
            cell.metadata["nbgrader"] |= {"task": True, "grade": False, "locked": True}
            return cell
        source = part.source
        if "BEGIN SOLUTION" not in source:
            source = f"### BEGIN SOLUTION\n{source}\n### END SOLUTION"
        self.notes.taken.append(f"{part.called or name} is the written question {name}, {part.points:g} points.")
        return graded(new_markdown_cell(source), name, points=_whole(part.points), solution=True)

    def note_modules(self) -> None:
        trees = [parsed(part.source) for part in self.parts if part.kind in ("code", "answer", "test")]
        nodes = [node for tree in trees if tree for node in ast.walk(tree)]
        names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
        missing = sorted(top for top in {name.split(".")[0] for name in names} if top and not _installed(top))
        if missing:
            self.notes.look.append(f"Not installed here, unless it lies beside the notebook: {', '.join(missing)}.")

    def free(self, name: str) -> str:
        """The name, with a number behind it where it is taken."""
        numbered = [name, *(f"{name}_{number}" for number in range(2, len(self.ids) + 3))]
        free = next(each for each in numbered if each not in self.ids)
        self.ids.add(free)
        return free


def _without_magics(part: Part, notes: Notes) -> Part:
    """Code without lines for the notebook alone, which the examiner cannot run."""
    if part.kind in ("text", "written", "task") or not any(map(_MAGIC.match, part.source.splitlines())):
        return part
    lines = part.source.splitlines()
    dropped = [line.strip() for line in lines if _MAGIC.match(line)]
    notes.look.append(f"Left out, since no Python: {', '.join(dropped)}.")
    source = "\n".join(line for line in lines if not _MAGIC.match(line))
    return Part(part.kind, source, part.points, part.called)


def _marked(source: str, tree: ast.Module | None) -> str:
    """The source with marks around the body of each function and method, below its docstring."""
    lines = source.splitlines()
    functions = [node for node in ast.walk(tree or ast.Module([], [])) if isinstance(node, ast.FunctionDef)]
    inner = {child for node in functions for child in ast.walk(node) if child is not node}
    for node in sorted((node for node in functions if node not in inner), key=lambda node: -node.lineno):
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        if body and body[0].lineno > node.lineno:
            indent = " " * body[0].col_offset
            lines.insert(body[-1].end_lineno or body[-1].lineno, f"{indent}### END SOLUTION")
            lines.insert(body[0].lineno - 1, f"{indent}### BEGIN SOLUTION")
    return "\n".join(lines)


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _whole(points: float) -> int | float:
    return int(points) if float(points).is_integer() else points
