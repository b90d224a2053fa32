"""The mutants of our masters: what is named as equivalent exists, and the table in docs/authoring.md counts them all.

That the tests notice the others is what `cs182-grade check` shows, in a minute an assignment.
"""

import re

import pytest

from grading.author.mutants import equivalents, mutants
from grading.config import CLONE, Course
from grading.masters import notebook

COURSE = Course.from_environment()
PAGE = (CLONE / "docs" / "authoring.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COURSE.names())
def test_what_is_named_as_equivalent_is_a_mutant_and_the_table_counts_the_rest(name):
    answers = notebook.answers(notebook.read(COURSE.master(name)))
    made = [mutant for function, source in answers.items() for mutant in mutants(function, source)]
    named = equivalents(COURSE.master(name))
    for entry in named:
        assert any(entry.fits(mutant) for mutant in made), entry
    row = re.search(rf"^\| `{name}` \|(.*)\|$", PAGE, flags=re.MULTILINE)
    assert row, "the table has no row for it"
    every, equivalent, _, after, _ = (cell.strip() for cell in row[1].split("|"))
    fitting = sum(any(entry.fits(mutant) for entry in named) for mutant in made)
    assert (int(every), int(equivalent)) == (len(made), fitting)
    assert after.startswith(f"{len(made) - fitting} of {len(made) - fitting}")
