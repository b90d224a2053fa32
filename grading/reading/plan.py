"""Which of a submission's cells are run: those that define and import, and what graded functions depend on."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from grading.masters.bundle import Bundle, Cell, Given

from .names import Names, analyse, resolved, without

_SIMILAR = 0.5


@dataclass(frozen=True)
class Submitted:
    """A cell as it was handed in."""

    kind: str
    source: str
    grade_id: str = ""
    id: str = ""


@dataclass
class _Code:
    """A code cell on its way through the plan: what it was in the notebook that students got, and what it defines."""

    number: int
    source: str
    names: Names
    given: Given | None
    defines: tuple[str, ...] = ()

    @property
    def role(self) -> str:
        return self.given.role if self.given else "own"

    @property
    def changed(self) -> bool:
        return self.given is None or _tidy(self.source) != _tidy(self.given.source)


def choose(cells: list[Submitted], bundle: Bundle) -> tuple[list[Cell], list[str]]:
    """Return the cells to run, in order, and flags for a person.

    The setup cells come first and as they were given. A demonstration runs only if a graded function needs what it
    defines; a student's own cells always run, a test never.
    """
    code = _matched(cells, bundle)
    flags = _tampering(cells, code, bundle)
    for function in [name for answer in bundle.answers for name in answer.defines]:
        flags += _settle(function, code)
    flags += _forbidden(code, bundle)
    needed = _needed(code)
    setup = [Cell(given.id, given.source) for given in bundle.given if given.role == "setup"]
    return setup + [_cell(entry) for entry in code if _runs(entry, needed)], flags


def _matched(cells: list[Submitted], bundle: Bundle) -> list[_Code]:
    """Pair the code cells with those that students got: by id, else by an equal or a similar source."""
    by_id = {given.id: given for given in bundle.given}
    by_source = {_tidy(given.source): given for given in bundle.given}
    code = []
    for number, cell in enumerate(cells, start=1):
        if cell.kind == "code" and cell.source.strip():
            given = by_id.get(cell.grade_id) or by_id.get(cell.id) or by_source.get(_tidy(cell.source))
            code.append(_Code(number, cell.source, analyse(cell.source), given))
    taken = {entry.given.id for entry in code if entry.given}
    left = [given for given in bundle.given if given.role == "demonstration" and given.id not in taken]
    for entry in code:
        if entry.given is None:
            entry.given = next((given for given in left if _similar(entry.source, given.source)), None)
            left = [given for given in left if given is not entry.given]
    return code


def _settle(function: str, code: list[_Code]) -> list[str]:
    """Decide which cell defines a function: the last complete definition counts, stubs after it are taken out."""
    complete = [entry for entry in code if entry.names.completes(function)]
    stubs = [entry for entry in code if any(d.name == function for d in entry.names.functions)]
    named = [entry for entry in code if entry.given and function in entry.given.defines]
    candidates = complete or stubs or named
    if not candidates:
        return []
    chosen = candidates[-1]
    chosen.defines = (*chosen.defines, function)
    if complete:
        for entry in code[code.index(chosen) :]:
            _drop_stubs(function, entry)
    flags = []
    if len(complete) > 1:
        where = ", ".join(str(entry.number) for entry in complete)
        flags.append(f"{function} is defined in cells {where}: the last one counts.")
    elif len(named) > 1:
        where = ", ".join(str(entry.number) for entry in named)
        flags.append(f"Cells {where} have the same id; {function} is taken from cell {chosen.number}.")
    return flags


def _drop_stubs(function: str, entry: _Code) -> None:
    own = [definition for definition in entry.names.functions if definition.name == function]
    last = max((definition.last for definition in own if definition.complete), default=0)
    entry.source = without(entry.source, (d for d in own if not d.complete and d.first > last))


def _needed(code: list[_Code]) -> set[str]:
    """Return the names that graded functions depend on, through however many cells."""
    needed: set[str] = set()
    waiting = [entry for entry in code if entry.defines]
    others = [entry for entry in code if not entry.defines]
    while waiting:
        needed |= waiting.pop().names.used
        waiting += [entry for entry in others if entry.names.bound & needed]
        others = [entry for entry in others if not entry.names.bound & needed]
    return needed


def _runs(entry: _Code, needed: set[str]) -> bool:
    if entry.defines:
        return True
    if entry.role == "test":
        return False
    if entry.role in ("answer", "setup"):
        return entry.changed
    return entry.role == "own" or bool(entry.names.bound & needed)


def _cell(entry: _Code) -> Cell:
    name = entry.given.id if entry.given else "own"
    return Cell(f"{entry.number}: {name}", entry.source, entry.defines)


def _tampering(cells: list[Submitted], code: list[_Code], bundle: Bundle) -> list[str]:
    """Say what was done to the test cells. They are never taken from a submission, but a person should know."""
    flags = []
    for given in (given for given in bundle.given if given.role == "test"):
        copies = [entry for entry in code if entry.given is given]
        if any(entry.changed for entry in copies):
            flags.append(f"Test cell {given.id} was edited.")
        if len(copies) > 1:
            flags.append(f"Test cell {given.id} is there {len(copies)} times.")
        if not copies:
            retyped = any(given.id in (cell.grade_id, cell.id) and cell.kind != "code" for cell in cells)
            flags.append(f"Test cell {given.id} was {'made into text' if retyped else 'deleted or emptied'}.")
    order = [given.id for given in bundle.given if given.role in ("test", "answer")]
    found = list(dict.fromkeys(entry.given.id for entry in code if entry.given and entry.role in ("test", "answer")))
    if found != [name for name in order if name in found]:
        flags.append("Answers or tests stand in another order than they were given.")
    known = {given.id for given in bundle.given}
    unknown = {cell.grade_id for cell in cells if cell.kind == "code" and cell.grade_id} - known
    if unknown:
        flags.append(f"Ids that were not given out: {', '.join(sorted(unknown))}.")
    return flags


def _forbidden(code: list[_Code], bundle: Bundle) -> list[str]:
    aliases = dict(pair for entry in code for pair in entry.names.aliases)
    flags = []
    for entry in code:
        if entry.role != "test" and entry.changed:
            used = resolved(entry.names.dotted, aliases)
            hits = [name for name in bundle.forbidden if any(f"{word}.".startswith(f"{name}.") for word in used)]
            flags += [f"Cell {entry.number} uses {name}, which the assignment forbids." for name in hits]
    return flags


def _tidy(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _similar(source: str, given: str) -> bool:
    """Whether most lines are the same: a demonstration with a number changed is still that demonstration."""
    matcher = difflib.SequenceMatcher(None, _tidy(given).splitlines(), _tidy(source).splitlines(), autojunk=False)
    return matcher.real_quick_ratio() >= _SIMILAR and matcher.ratio() >= _SIMILAR
