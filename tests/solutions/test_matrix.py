"""Does every right version that we know keep its points, and is the catalogue of mistakes complete and in words?

That each mistake loses points is seen where it is handed in: tests/grading/examine/test_hints.py.
"""

from pathlib import Path

import pytest

from grading.config import Course
from grading.masters import notebook
from grading.masters.solutions import misconceptions, rights, versions
from grading.masters.trial import trial

COURSE = Course.from_environment()
HERE = Path(__file__).parent
MASTERS = {name: notebook.read(COURSE.master(name)) for name in COURSE.names()}
WRONG = {name: misconceptions(name) for name in MASTERS}
RIGHT = {name: versions(HERE / f"{name}_versions.py") for name in MASTERS}
EDITED = {name: rights(COURSE.master(name)) for name in MASTERS}


def cases(catalogue):
    return [
        pytest.param(name, entry, id=f"{name}-{entry.function}-{entry.name}")
        for name, entries in catalogue.items()
        for entry in entries
    ]


def outcomes(name, entry):
    """Outcomes of the tests about the function, with the entry as its answer and the master's answers elsewhere."""
    functions = list(notebook.answers(MASTERS[name]))
    about = [
        test for test in notebook.tests(MASTERS[name]) if notebook.tested_function(test, functions) == entry.function
    ]
    seed = sum(map(ord, entry.name))
    found = trial(MASTERS[name], {entry.function: entry.source}, seed=seed, only=about)
    return {test: found[test] for test in about}


@pytest.mark.parametrize(("name", "entry"), cases(RIGHT) + cases(EDITED))
def test_a_right_version_gets_all_points(name, entry):
    assert {test: outcome.error for test, outcome in outcomes(name, entry).items() if not outcome.passed} == {}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", MASTERS)
def test_the_master_passes_whatever_the_random_inputs(name, seed):
    found = trial(MASTERS[name], seed=seed, time_limit=60)
    assert {test: outcome.error for test, outcome in found.items() if not outcome.passed} == {}


@pytest.mark.parametrize("name", MASTERS)
def test_the_untouched_template_gets_nothing(name):
    found = trial(notebook.read(COURSE.released(name)))
    assert all("is not written yet" in outcome.error for outcome in found.values()), found


@pytest.mark.parametrize("name", MASTERS)
def test_every_function_has_mistakes_and_at_least_four_right_versions(name):
    for function in notebook.answers(MASTERS[name]):
        assert sum(entry.function == function for entry in RIGHT[name]) >= 4, function
        assert sum(entry.function == function for entry in WRONG[name]) >= 2, function


@pytest.mark.parametrize("name", MASTERS)
def test_every_hint_is_a_sentence_of_its_own(name):
    hints = [entry.hint for entry in WRONG[name]]
    assert len(set(hints)) == len(hints)
    assert all(hint.endswith(".") and 30 < len(hint) < 250 for hint in hints)
