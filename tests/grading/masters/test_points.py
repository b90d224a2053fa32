"""Does the table of points decide what an item is worth, and is what is wrong in it said with its line?"""

import pytest

from grading.config import Course, CourseError
from grading.masters import notebook, points
from grading.masters.assignment import Assignment
from grading.masters.release import release

HEADER = "assignment,item,part,points,what\n"
COURSE = Course.from_environment()


def write(course, *lines):
    (course.solutions / "points.csv").write_text(HEADER + "".join(f"{line}\n" for line in lines))


def lines(course, **other):
    worth = {**Assignment(course, "toy").tests, **Assignment(course, "toy").questions}
    return [f"toy,{item},idea,{other.get(item, value)},why" for item, value in worth.items()]


def test_what_the_table_says_is_what_is_released(course):
    write(course, *lines(course, test_double=7.5))
    changed = release(course, ["toy"])
    assert course.master("toy") in changed
    assert Assignment(course, "toy").tests["test_double"] == 7.5
    released = notebook.read(course.released("toy"))
    cell = next(cell for cell in released.cells if notebook.grade_id(cell) == "test_double")
    assert cell.metadata.nbgrader.points == 7.5
    assert release(course, ["toy"], check=True) == []


def test_looking_changes_nothing(course):
    release(course, ["toy"])
    before = course.master("toy").read_bytes()
    write(course, *lines(course, test_double=9))
    assert course.master("toy") in release(course, ["toy"], check=True)
    assert course.master("toy").read_bytes() == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("toy,test_double,idea,many,why", "line 2: points are a number that is not negative, not 'many'"),
        ("toy,test_double,idea,-1,why", "line 2: points are a number"),
        ("toy,test_double,idea,nan,why", "line 2: points are a number"),
        ("toy,test_double,idea,1,why\ntoy,test_double,idea,2,why", "line 3: test_double has a line already"),
        ("toy,test_triple,idea,1,why", "is in the notebook, and not in points.csv"),
    ],
)
def test_what_is_wrong_in_the_table_is_said(course, line, said):
    write(course, line)
    with pytest.raises(CourseError, match=said):
        release(course, ["toy"])


def test_another_header_is_refused(course):
    (course.solutions / "points.csv").write_text("item,points\ntest_double,3\n")
    with pytest.raises(CourseError, match="the first line should be assignment,item,part,points,what"):
        points.table(course.solutions)


@pytest.mark.parametrize("name", COURSE.names())
def test_every_assignment_is_worth_a_hundred_points_and_edges_are_the_smaller_part(name):
    worth = points.table(COURSE.solutions)[name]
    assignment = Assignment(COURSE, name)
    assert worth == {**assignment.tests, **assignment.questions}
    assert sum(worth.values()) == 100
    text = (COURSE.solutions / "points.csv").read_text().splitlines()
    edges = [line.split(",")[1] for line in text if line.startswith(f"{name},") and ",edge," in line]
    for edge in edges:
        function = assignment.functions[edge]
        ideas = sum(worth[test] for test, of in assignment.functions.items() if of == function and test not in edges)
        assert worth[edge] <= ideas / 2
