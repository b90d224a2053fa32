"""What an assignment's tests notice: the master, right versions, known mistakes and mutants through the examiner."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from grading.examine.explain.crossing import obstacles
from grading.masters.assignment import Assignment
from grading.masters.beside.files import KINDS, left_out
from grading.masters.solutions import Version, right_versions
from grading.masters.trial import trial

from .bench import Bench, Candidate, Found
from .mutants import Equivalent, Mutant, equivalents, mutants
from .sentences import mute_asserts, says_nothing

SEEDS = (1, 2, 3)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Fault:
    """Something that an author has to put right: about what, and one sentence."""

    about: str
    what: str


@dataclass
class Tally:
    """Of some wrong answers to one function, how many the tests notice, and how many its visible parts notice.

    `every` are those that are wrong: mutants that are named as equivalent are no part of it.
    """

    every: int = 0
    killed: int = 0
    seen: int = 0

    def add(self, killed: bool, seen: bool) -> None:
        """Count one more."""
        self.every, self.killed, self.seen = self.every + 1, self.killed + killed, self.seen + seen


@dataclass
class Mirror:
    """Everything that `check` says of an assignment.

    Parameters
    ----------
    seconds : of each item, on the master's answers, as far as the sandbox is warm
    passed : whether the master earns all of its points; if not, nothing else was looked at
    plain : for the first known mistake of each function, the points that the tests take where an error counts wherever
        it shows, as in stock nbgrader, and the points that are taken here, where it counts once
    """

    assignment: str
    faults: list[Fault] = field(default_factory=list)
    survivors: list[Mutant] = field(default_factory=list)
    equivalent: list[tuple[Mutant, Equivalent]] = field(default_factory=list)
    mutants: dict[str, Tally] = field(default_factory=dict)
    mistakes: dict[str, Tally] = field(default_factory=dict)
    rights: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    plain: list[tuple[str, float, float]] = field(default_factory=list)
    passed: bool = True
    took: float = 0.0

    @property
    def well(self) -> bool:
        """Whether nothing has to be put right and no mutant lives."""
        return not (self.faults or self.survivors)


def look(assignment: Assignment, *, jobs: int | None = None, say: Say = lambda _: None) -> Mirror:
    """Examine an assignment as its author should see it, and return what there is to see.

    Parameters
    ----------
    jobs : processes at a time; one a core by default
    say : is told what is done now
    """
    started = time.monotonic()
    mirror = Mirror(assignment.name, points=assignment.tests, functions=assignment.functions)
    mirror.faults += _mute(assignment) + _not_there(assignment)
    say("the master, in one process and then in the sandbox")
    with Bench(assignment, jobs) as bench:
        _master(assignment, bench, mirror)
        if not mirror.passed:  # then what the tests say of others means nothing
            mirror.faults += _cannot_cross(assignment)
            mirror.took = time.monotonic() - started
            return mirror
        say("right versions")
        _rights(assignment, bench, mirror)
    with Bench(assignment, jobs, max(mirror.seconds.values(), default=0.0)) as bench:
        say("known mistakes")
        _mistakes(assignment, bench, mirror)
        say("mutants")
        _mutants(assignment, bench, mirror)
    mirror.took = time.monotonic() - started
    return mirror


def _mute(assignment: Assignment) -> list[Fault]:
    return [
        Fault(test.grade_id, f"The assert in line {line} of the test says nothing: give it a sentence.")
        for test in assignment.bundle.tests
        for line in mute_asserts(test.source)
    ]


def _not_there(assignment: Assignment) -> list[Fault]:
    kinds = ", ".join(KINDS)
    return [
        Fault(path, f"Students get it, and the sandbox does not: helper modules and data files end in {kinds}.")
        for path in left_out(assignment.path)
    ]


def _master(assignment: Assignment, bench: Bench, mirror: Mirror) -> None:
    """The master in a fresh process from the first cell, then as a submission, on several sets of inputs."""
    for name, outcome in trial(assignment.master, seed=SEEDS[0], files=assignment.bundle.files).items():
        if not outcome.passed:
            mirror.passed = False
            mirror.faults.append(Fault(name, f"After a restart, the master's own answer loses it: {outcome.error}"))
    runs = bench.examine([Candidate("", "", tuple(assignment.tests), seed) for seed in SEEDS])
    for seed, found in zip(SEEDS, runs, strict=True):
        for name, each in found.items():
            mirror.seconds[name] = min(each.item.seconds, mirror.seconds.get(name, each.item.seconds))
            if not each.kept:
                mirror.passed = False
                what = f"With seed {seed}, the master's own answer loses it: {each.item.reason}"
                mirror.faults.append(Fault(name, what))


def _cannot_cross(assignment: Assignment) -> list[Fault]:
    """What of a master's calls cannot reach a sandbox: a reason for points that are lost there alone."""
    said = (sentence.split(" ", 1) for sentence in obstacles(assignment.bundle))
    return [Fault(test, f"The test {words}") for test, words in said]


def _rights(assignment: Assignment, bench: Bench, mirror: Mirror) -> None:
    versions = right_versions(assignment.course, assignment.name)
    runs = bench.examine(_candidate(assignment, version, mirror, plainly=True) for version in versions)
    for version, found in zip(versions, runs, strict=True):
        mirror.rights += 1
        for name, each in found.items():
            if not each.kept or each.apart:  # apart from this version, which is no error
                what = f"The right version {version.name} loses it: {each.item.reason}"
                mirror.faults.append(Fault(name, what))


def _candidate(assignment: Assignment, version: Version, mirror: Mirror, *, plainly: bool) -> Candidate:
    """A version of a function with the tests that it can reach: its own, and those of what calls it."""
    reached = {
        function
        for function in assignment.answers
        if version.function == function or version.function in assignment.bundle.behind(function)
    }
    tests = _quickest_first((test for test, function in assignment.functions.items() if function in reached), mirror)
    return Candidate(version.function, version.source, tests, 1 + sum(map(ord, version.name)), plainly)


def _mistakes(assignment: Assignment, bench: Bench, mirror: Mirror) -> None:
    entries = assignment.misconceptions
    sample = list({entry.function: entry for entry in reversed(entries)}.values())  # the first of each function
    runs = bench.examine(_candidate(assignment, entry, mirror, plainly=entry in sample) for entry in entries)
    for entry, found in zip(entries, runs, strict=True):
        own = {name: each for name, each in found.items() if assignment.functions[name] == entry.function}
        lost = {name for name, each in found.items() if not each.kept}
        about = f"{entry.function}__{entry.name}"
        if not lost & set(own):
            mirror.faults.append(Fault(about, "This known mistake keeps all of its points: no test notices it."))
        for name in sorted(lost - set(own)):
            mirror.faults.append(Fault(about, f"This known mistake loses {name} too: {found[name].item.reason}"))
        seen = any(not each.kept and not each.hidden for each in own.values())
        mirror.mistakes.setdefault(entry.function, Tally()).add(bool(lost & set(own)), seen)
        if entry in sample:
            without = sum(each.item.points for each in found.values() if not each.kept or each.apart)
            mirror.plain.append((about, without, sum(each.item.points for each in found.values() if not each.kept)))
        _sentences(about, found.values(), mirror)


def _mutants(assignment: Assignment, bench: Bench, mirror: Mirror) -> None:
    named = equivalents(assignment.path)
    made = [mutant for function, source in assignment.answers.items() for mutant in mutants(function, source)]
    used: set[Equivalent] = set()
    for mutant, found in zip(made, bench.examine(_wrong(assignment, mutant, mirror) for mutant in made), strict=True):
        killed = any(not each.kept for each in found.values())
        about = next((entry for entry in named if entry.fits(mutant)), None)
        if about and not killed:
            used.add(about)
            mirror.equivalent.append((mutant, about))
            continue
        seen = any(not each.kept and not each.hidden for each in found.values())
        mirror.mutants.setdefault(mutant.function, Tally()).add(killed, seen)
        if not killed:
            mirror.survivors.append(mutant)
        _sentences(f"{mutant.function}, line {mutant.line}", found.values(), mirror)
    for entry in named:
        if entry not in used:
            what = "is named as equivalent, but no mutant of that line lives; take the entry out."
            mirror.faults.append(Fault(entry.function, f"`{entry.was}` as `{entry.becomes}` {what}"))


def _wrong(assignment: Assignment, mutant: Mutant, mirror: Mirror) -> Candidate:
    own = [test for test, function in assignment.functions.items() if function == mutant.function]
    return Candidate(mutant.function, mutant.source, _quickest_first(own, mirror))


def _quickest_first(tests: Iterable[str], mirror: Mirror) -> tuple[str, ...]:
    """The tests in the order of their time: what a quick one notices, no slow one has to be asked."""
    return tuple(sorted(tests, key=lambda test: mirror.seconds[test]))


def _sentences(about: str, found: Iterable[Found], mirror: Mirror) -> None:
    """Note what a lost test says, where that is too much or too little; each test once for each of the two."""
    for each in found:
        item = each.item
        if each.kept or item.kind != "wrong":
            continue
        if each.leaks:
            what = f'A sentence on hidden inputs shows the expected value {each.leaks[0]}: "{item.reason}" ({about})'
            _once(mirror, Fault(item.grade_id, what), "shows the expected value")
        elif says_nothing(item.reason):
            what = f'A sentence that says nothing: "{item.reason}" ({about})'
            _once(mirror, Fault(item.grade_id, what), "says nothing")


def _once(mirror: Mirror, fault: Fault, kind: str) -> None:
    if not any(known.about == fault.about and kind in known.what for known in mirror.faults):
        mirror.faults.append(fault)
