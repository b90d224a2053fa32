"""Three courses in the shapes that other graders' documentation shows, written for these tests."""

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell


def nb(*cells):
    return new_notebook(cells=list(cells))


def cell(source, grade_id, *, grade=False, solution=False, points=None, text=False, task=False):
    """A cell as nbgrader's toolbar marks it."""
    about = {"schema_version": 3, "grade_id": grade_id, "grade": grade, "solution": solution, "task": task}
    about["locked"] = grade and not solution
    if points is not None:
        about["points"] = points
    return (new_markdown_cell if text else new_code_cell)(source, metadata={"nbgrader": about})


SQUARES = '''def squares(n):
    """The squares of 1 to n."""
    ### BEGIN SOLUTION
    if n < 1:
        raise ValueError("n must be at least 1")
    return [i**2 for i in range(1, n + 1)]
    ### END SOLUTION'''
CORRECT_SQUARES = '''"""Check that squares returns the right list"""
assert squares(1) == [1]
assert squares(LIMIT) == [1, 4, 9]
### BEGIN HIDDEN TESTS
n = int(np.random.randint(4, 9))
assert squares(n)[-1] == n * n, "Try larger n."
### END HIDDEN TESTS'''
INVALID_INPUT = """try:
    squares(0)
except ValueError:
    pass
else:
    raise AssertionError("It should refuse 0.")"""
GREET = """def greet(name):
    print('Hello', name)


def shout(name):
    print(name.upper())"""
GREET_TEST = """import io
from contextlib import redirect_stdout
random.seed(3)
out = io.StringIO()
with redirect_stdout(out):
    greet('Ada')
assert said is None
assert out.getvalue() == 'Hello Ada\\n'"""
SQUARE = """def square(x):
    y = x * x  # SOLUTION NO PROMPT
    return y  # SOLUTION

nine = square(3)  # SOLUTION"""
SQUARE_CASE = '''""" # BEGIN TEST CONFIG
points: 0.5
failure_message: Try a list.
""" # END TEST CONFIG
x = 4
square(x)'''
CIRCUMFERENCE = '''def circumference(r):
    # BEGIN SOLUTION NO PROMPT
    return twice(3.14) * r
    # END SOLUTION
    """ # BEGIN PROMPT
    pass
    """; # END PROMPT'''


def problem_set():
    """As in nbgrader's user guide: a function with a test, hidden inputs, a task, a written question, a picture."""
    return nb(
        new_markdown_cell("# Problem set 1"),
        new_code_cell("%matplotlib inline\nimport numpy as np\nfrom helpers import read_numbers"),
        new_code_cell("LIMIT = 3"),
        new_code_cell("import matplotlib.pyplot as plt"),
        cell(SQUARES, "cell-a1b2c3", solution=True),
        cell(CORRECT_SQUARES, "correct_squares", grade=True, points=2),
        cell(INVALID_INPUT, "squares_invalid_input", grade=True, points=1),
        cell("def sum_of_squares(n):\n    return sum(squares(n))", "sum_of_squares", solution=True),
        cell("assert sum_of_squares(3) == 14, 'It should be 14.'", "correct_sum", grade=True, points=0.5),
        new_code_cell("plt.plot(squares(10))"),
        cell("Because it grows like n cubed.", "why", grade=True, solution=True, points=3, text=True),
        cell("Draw it by hand, and hand it in.", "drawing", points=2, text=True, task=True),
    )


def script_course():
    """As older courses are: variables in answers, nose, prints, seeds, code that a person grades."""
    return nb(
        new_raw_cell("Instructors: ask Jo before changing this."),
        new_code_cell("from nose.tools import assert_equal\nimport random"),
        cell("total = 1 + 2\n", "q1", solution=True),
        cell("assert_equal(total, 3)", "q1_test", grade=True, points=1),
        cell(GREET, "q2", solution=True),
        new_code_cell("said = greet('you')"),
        cell(GREET_TEST, "q2_test", grade=True, points=2),
        cell("x = [1, 2]\nplot(x)", "q3", grade=True, solution=True, points=4),
    )


def shown(source, text):
    """A code cell that was run, and showed a value."""
    made = new_code_cell(source)
    made.outputs = [new_output("execute_result", {"text/plain": text}, execution_count=1)]
    return made


def lab():
    """As in the page on Otter Assign's notebook format: raw cells, two questions by test, one by hand."""
    return nb(
        new_raw_cell("# ASSIGNMENT CONFIG\ninit_cell: false\nfiles:\n  - data/small.csv\n  - utils.py\nseed: 42"),
        new_code_cell("import otter\ngrader = otter.Notebook()"),
        new_code_cell("from utils import twice"),
        new_raw_cell("# BEGIN QUESTION\nname: q1\npoints: 2.5"),
        new_markdown_cell("**Question 1.** Square a number."),
        new_raw_cell("# BEGIN SOLUTION"),
        new_code_cell(SQUARE),
        new_raw_cell("# END SOLUTION"),
        new_raw_cell("# BEGIN TESTS"),
        shown("square(3) == 9", "True"),
        shown(SQUARE_CASE, "16"),
        new_code_cell("# HIDDEN\nassert square(-2) == 4"),
        new_raw_cell("# END TESTS"),
        new_raw_cell("# END QUESTION"),
        new_raw_cell("# BEGIN QUESTION\nname: q2\nmanual: true\npoints: 3"),
        new_markdown_cell("**Question 2.** Why?"),
        new_raw_cell("# BEGIN SOLUTION"),
        new_markdown_cell("Because."),
        new_raw_cell("# END SOLUTION"),
        new_raw_cell("# END QUESTION"),
        new_raw_cell("# BEGIN QUESTION\nname: q3"),
        new_raw_cell("# BEGIN SOLUTION"),
        new_code_cell(CIRCUMFERENCE),
        new_raw_cell("# END SOLUTION"),
        new_raw_cell("# BEGIN TESTS"),
        new_code_cell("assert circumference(1) == 6.28, 'It should be 6.28.'"),
        new_raw_cell("# END TESTS"),
        new_raw_cell("# END QUESTION"),
    )
