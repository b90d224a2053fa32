"""Are the mutants those that a hand would make, each one edit away, and is what they are named as read strictly?"""

import ast

import pytest

from grading.author.mutants import Equivalent, Mutant, equivalents, mutants
from grading.config import CourseError

MEAN = '''def mean(values, start):
    """Return the mean; 7 in a docstring is no constant."""
    total = start
    total += sum(values[1:], axis=0)  # every value
    if not values:
        raise ValueError(f"no {1 + 1} values")
    for i in range(len(values) - 2):
        total = total + i
    return total / 2.0'''


@pytest.fixture(scope="module")
def found():
    return mutants("mean", MEAN)


@pytest.mark.parametrize(
    ("kind", "line", "becomes"),
    [
        ("wrong argument", 3, "total = values"),
        ("operator", 4, "total -= sum(values[1:], axis=0)"),
        ("constant", 4, "total += sum(values[2:], axis=0)"),
        ("constant", 4, "total += sum(values[0:], axis=0)"),
        ("axis", 4, "total += sum(values[1:])"),
        ("constant", 4, "total += sum(values[1:], axis=1)"),
        ("other function", 4, "total += mean(values[1:], axis=0)"),
        ("dropped line", 4, "pass"),
        ("sign", 5, "if values:"),
        ("condition", 5, "if False:"),
        ("dropped line", 6, "pass"),
        ("off by one", 7, "for i in range(len(values) - 2 - 1):"),
        ("operator", 8, "total = total - i"),
        ("dropped line", 8, "pass"),
        ("sign", 9, "return -(total / 2.0)"),
        ("operator", 9, "return total * 2.0"),
        ("constant", 9, "return total / 4.0"),
    ],
)
def test_an_edit_that_slips_into_a_hand_is_made(found, kind, line, becomes):
    assert (kind, line, becomes) in {(mutant.kind, mutant.line, mutant.becomes) for mutant in found}


def test_every_mutant_is_python_and_differs_from_the_answer_in_its_line_alone(found):
    for mutant in found:
        ast.parse(mutant.source)
        lines = zip(MEAN.splitlines(), mutant.source.splitlines(), strict=True)
        assert [number for number, (old, new) in enumerate(lines, start=1) if old != new] == [mutant.line]
    assert len({mutant.source for mutant in found}) == len(found)


def test_docstrings_signatures_and_messages_of_errors_are_left_alone(found):
    assert not {1, 2} & {mutant.line for mutant in found}
    assert [mutant.becomes for mutant in found if mutant.line == 6] == ["pass"]


def test_a_line_is_not_dropped_where_its_name_would_be_missing(found):
    assert not any(mutant.line == 3 and mutant.kind == "dropped line" for mutant in found)


def test_an_edit_inside_a_larger_expression_keeps_its_place():
    found = mutants("f", "def f(a, b):\n    return (a + b) * -b")
    becomes = {mutant.becomes for mutant in found}
    assert {"return (a - b) * -b", "return (a + b) / -b", "return (a + b) * b"} <= becomes
    for mutant in found:  # numbers, not texts: with a = 2 and b = 3 no two of these are equal by accident
        space = {}
        exec(mutant.source, space)
        assert space["f"](2, 3) != (2 + 3) * -3, mutant.becomes


def test_the_file_of_equivalent_mutants_is_read_strictly(tmp_path):
    master = tmp_path / "toy.ipynb"
    assert equivalents(master) == []
    path = tmp_path / "equivalent_mutants.toml"
    entry = "[[equivalent]]\nfunction = 'f'\nwas = 'a'\nbecomes = 'b'\n"
    path.write_text(f"{entry}why = 'A reason.'\n")
    assert equivalents(master) == [Equivalent("f", "a", "b", "A reason.")]
    assert equivalents(master)[0].fits(Mutant("f", "sign", 3, "a", "b", ""))
    assert not equivalents(master)[0].fits(Mutant("g", "sign", 3, "a", "b", ""))
    for wrong, said in [(entry, "why"), (f"{entry}why = ' '\n", "no reason"), ("[[equivalent]", "Expected")]:
        path.write_text(wrong)
        with pytest.raises(CourseError, match=said):
            equivalents(master)
