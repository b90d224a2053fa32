"""The mirror in words for a terminal, and as one page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grading.reports.html import write_page

from .mirror import Mirror, Tally


def in_words(mirror: Mirror) -> Iterator[str]:
    """Yield the lines that `check` prints, each whole: what has to be put right stands last, where eyes are."""
    if mirror.passed:
        yield f"master          keeps its items ({len(mirror.seconds)}), restarted and on several sets of inputs"
        yield f"right versions  {mirror.rights}"
        yield _share("known mistakes", mirror.mistakes)
        yield _share("mutants", mirror.mutants) + f"; {len(mirror.equivalent)} more are named as equivalent"
        yield _alone(mirror)
        if mirror.seconds:
            yield f"slowest item    {_slowest(mirror)}"
    for mutant in mirror.survivors:
        yield f"lives: {mutant.function}, line {mutant.line} ({mutant.kind}): `{mutant.was}` as `{mutant.becomes}`"
    for fault in mirror.faults:
        yield f"{fault.about}: {fault.what}"


def write_mirror(mirror: Mirror, path: Path) -> None:
    """Write the page; it needs no other file."""
    functions = list(dict.fromkeys(mirror.functions.values()))
    none = Tally()
    rows = [(name, mirror.mistakes.get(name, none), mirror.mutants.get(name, none)) for name in functions]
    write_page(path, "author.html", mirror=mirror, rows=rows)


def _share(what: str, tallies: dict[str, Tally]) -> str:
    every, killed, seen = (sum(getattr(t, part) for t in tallies.values()) for part in ("every", "killed", "seen"))
    return f"{what:15} {killed} of {every} lose their item; {seen} of them in the visible part already"


def _alone(mirror: Mirror) -> str:
    """What the rule that an error counts once is worth, against the same tests without it, as stock nbgrader has it."""
    more = [entry for entry in mirror.plain if entry[1] > entry[2]]
    if not more:
        return "stock nbgrader  takes the same points for the first known mistake of each function"
    name, without, taken = max(more, key=lambda entry: entry[1] - entry[2])
    return (
        f"stock nbgrader  takes more for {len(more)} of {len(mirror.plain)} functions, since an error counts there "
        f"wherever it shows: {name} loses {without:g} points, here {taken:g}"
    )


def _slowest(mirror: Mirror) -> str:
    name = max(mirror.seconds, key=lambda item: mirror.seconds[item])
    return f"{name}, {mirror.seconds[name]:.2f} s; all of them {sum(mirror.seconds.values()):.2f} s"
