"""Is a master that does not earn its own points refused before it grades anybody?"""

import dataclasses

import pytest
from attacks.run import Grader

from grading.config.settings import Settings
from grading.examine.self_test import self_test
from grading.masters.bundle import Cell
from grading.masters.notebook import NotebookError


@pytest.fixture(scope="module")
def grader(tmp_path_factory):
    return Grader(tmp_path_factory.mktemp("selftest"))


def test_a_good_master_passes(grader):
    assert self_test(grader.bundle, zygote=grader.zygote) is None


@pytest.mark.parametrize(
    ("addition", "words"),
    [
        ("\nassert double(x)[0] > 10", "wrong"),
        ("\nno_such_name", "NameError"),
        ("\nassert torch.rand(()) < 2 and double(torch.rand(200)).max() < 1.99", "wrong"),
    ],
)
def test_a_test_that_its_own_answer_fails_is_named(grader, addition, words):
    first = grader.bundle.tests[0]
    tests = (dataclasses.replace(first, source=first.source + addition), *grader.bundle.tests[1:])
    with pytest.raises(NotebookError, match=rf"(?s)test_double.*{words}"):
        self_test(dataclasses.replace(grader.bundle, tests=tests), zygote=grader.zygote, seeds=(1, 2, 3, 4, 5, 6))


def test_a_broken_setup_is_a_fault_and_no_verdict(grader):
    setup = (*grader.bundle.setup, Cell("more", "import no_such_module"))
    with pytest.raises(RuntimeError, match="setup cell more of the master failed"):
        self_test(dataclasses.replace(grader.bundle, setup=setup), zygote=grader.zygote)


def test_a_level_that_is_not_reached_is_a_fault_and_no_verdict(tmp_path):
    strict = Grader(tmp_path, Settings(level="full", without=("namespaces",)))
    with pytest.raises(RuntimeError, match="asks for “full”"):
        self_test(strict.bundle, zygote=strict.zygote)
