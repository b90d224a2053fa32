import pytest

from grading.masters.notebook import NotebookError
from grading.masters.trial import trial

SQUARE = "def double(x):\n    return x * x"


def test_master_gets_all_points(master):
    outcomes = trial(master)
    assert {test: outcome.points for test, outcome in outcomes.items()} == {"test_double": 2, "test_mean": 1}
    assert not any(outcome.error for outcome in outcomes.values())


def test_wrong_answer_loses_its_own_points_with_the_tests_sentence(master):
    outcomes = trial(master, {"double": SQUARE})
    assert outcomes["test_double"].points == 0
    assert outcomes["test_double"].error == "Try other numbers."
    assert outcomes["test_mean"].passed


def test_syntax_error_is_named_and_costs_one_item(master):
    outcomes = trial(master, {"mean": "def mean(values)\n    return 0"})
    assert outcomes["test_double"].passed
    assert "SyntaxError" in outcomes["test_mean"].error


def test_endless_loop_is_cut_even_if_it_catches_exceptions(master):
    stubborn = (
        "def double(x):\n    while True:\n        try:\n            x += 1\n        except Exception:\n            pass"
    )
    outcomes = trial(master, {"double": stubborn}, time_limit=0.5)
    assert "time" in outcomes["test_double"].error
    assert outcomes["test_mean"].passed


def test_exit_costs_one_item_and_a_dead_process_the_rest(master):
    polite = trial(master, {"double": "import sys\ndef double(x):\n    sys.exit(0)"})
    assert "SystemExit" in polite["test_double"].error
    assert polite["test_mean"].passed
    rude = trial(master, {"mean": "import os\ndef mean(values):\n    os._exit(0)"})
    assert rude["test_double"].passed
    assert "stopped" in rude["test_mean"].error


def test_seed_decides_the_hidden_inputs(master):
    # Wrong for about half of the numbers, so some seeds fail it and some do not; the same seed always agrees.
    half = {"double": "def double(x):\n    return 2 * x if x % 2 == 0 else 0"}
    verdicts = [trial(master, half, seed=seed)["test_double"].passed for seed in range(8)]
    assert set(verdicts) == {True, False}
    assert verdicts == [trial(master, half, seed=seed)["test_double"].passed for seed in range(8)]


def test_demonstrations_are_skipped(master):
    next(cell for cell in master.cells if cell.id == "picture").source = "raise RuntimeError('a demonstration ran')"
    assert trial(master)["test_mean"].passed


def test_a_failing_setup_cell_is_an_error_and_no_verdict(master):
    next(cell for cell in master.cells if cell.id == "imports").source = "import no_such_module"
    with pytest.raises(NotebookError, match=r"setup cell 'imports' failed: ModuleNotFoundError"):
        trial(master)


@pytest.mark.parametrize(
    "setup", ["from cs182viz import checks, notebook, plotting, quiz\n    notebook.setup()", "__import__('IPython')"]
)
def test_what_setup_cells_import_is_there_before_the_fork(master, setup):
    double = f"""def double(x):
    import sys
    before = set(sys.modules)
    {setup}
    assert set(sys.modules) == before, f"{{len(set(sys.modules) - before)}} modules were loaded"
    return 2 * x"""
    assert trial(master, {"double": double})["test_double"].error == ""
