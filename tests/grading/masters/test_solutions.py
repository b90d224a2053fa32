import inspect

import pytest

from grading.config import CourseError
from grading.masters.solutions import load, misconceptions, versions
from grading.masters.trial import trial


def test_load_gives_the_masters_functions(course):
    toy = load("toy", course=course)
    assert toy.double(21) == 42
    assert toy.mean([1, 2, 6]) == 3
    assert "return x + x" in inspect.getsource(toy.double)


def test_load_runs_neither_tests_nor_demonstrations(course):
    path = course.master("toy")
    path.write_text(
        path.read_text().replace("assert double(2) == 4", "assert double(2) == 5").replace("plt.plot", "1/0")
    )
    assert load("toy", course=course).double(1) == 2


def test_misconceptions_are_ready_to_paste(course, master):
    catalogue = misconceptions("toy", course=course)
    assert [(entry.function, entry.name) for entry in catalogue] == [
        ("double", "square"),
        ("double", "untouched"),
        ("mean", "of_two"),
    ]
    assert catalogue[0].hint == "You multiply x by itself: add it to itself instead."
    assert catalogue[0].source == "def double(x):\n    return x**2  # right for 2 alone"
    for entry in catalogue:
        outcomes = trial(master, {entry.function: entry.source})
        failed = [test for test, outcome in outcomes.items() if not outcome.passed]
        assert failed == [f"test_{entry.function}"], entry


def test_versions_keep_decorators_and_rename_recursion(tmp_path):
    path = tmp_path / "versions.py"
    path.write_text(
        "from functools import cache\n\n\n@cache\ndef sum_to__recursive(n):\n"
        "    return n + sum_to__recursive(n - 1) if n else 0\n"
    )
    (version,) = versions(path)
    assert (version.function, version.name, version.hint) == ("sum_to", "recursive", "")
    namespace = {}
    exec("from functools import cache\n" + version.source, namespace)
    assert namespace["sum_to"](4) == 10


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def double(x):\n    return 0", "line 1: call the function"),
        ("def double__nothing(x):\n    'A hint.'", "has no body"),
        ("def double__bare(x):\n    return 0", "needs a docstring"),
        ("def triple__bad(x):\n    'A hint.'\n    return 0", "belongs to no answer cell"),
    ],
)
def test_a_broken_catalogue_says_where(course, source, message):
    course.master("toy").with_name("misconceptions.py").write_text(source)
    with pytest.raises(CourseError, match=message):
        misconceptions("toy", course=course)


def test_no_catalogue_is_an_empty_one(course):
    course.master("toy").with_name("misconceptions.py").unlink()
    assert misconceptions("toy", course=course) == []


def test_a_version_brings_along_the_private_functions_that_it_uses(tmp_path):
    path = tmp_path / "misconceptions.py"
    path.write_text(
        "def _one():\n    return 1\n\n\ndef _two():\n    return _one() + _one()\n\n\ndef _unused():\n    return 9\n\n\n"
        'def double__plus_two(x):\n    """You add two: multiply by two."""\n    return x + _two()\n'
    )
    (version,) = versions(path)
    namespace = {}
    exec(version.source, namespace)
    assert namespace["double"](5) == 7
    assert "_unused" not in namespace
