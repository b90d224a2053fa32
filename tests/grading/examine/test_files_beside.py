"""Do students' cells find the course's files, and can they do no more with them than read?"""

import dataclasses
import json
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
from attacks.run import SETTINGS, examine

from grading.config import CourseError
from grading.config.settings import Times
from grading.examine.self_test import self_test
from grading.examine.shared_zygote import zygote as shared
from grading.masters import beside
from grading.masters.assignment import Assignment
from grading.verdicts.store import Keys
from grading.walls import landlock, seccomp

READS = """def double(x):
    points = np.loadtxt("data/points.csv", delimiter=",")
    return plots.thrice(x) - x * points[0, 0] * table[1]
"""
FAR = "import pathlib\nimport shutil\nimport os\n\n"


@pytest.fixture(scope="module")
def assignment(build_course, tmp_path_factory):
    course = build_course(tmp_path_factory.mktemp("beside"))
    place = course.master("toy").parent
    (place / "plots.py").write_text("def thrice(x):\n    return 3 * x\n")
    (place / "data").mkdir()
    (place / "data" / "points.csv").write_text("1,2\n3,4\n")
    np.save(place / "table.npy", np.arange(4.0))
    master = nbformat.read(course.master("toy"), 4)
    master.cells[1].source += "\nimport numpy as np\nimport plots\ntable = np.load('table.npy')"
    next(cell for cell in master.cells if cell.id == "double").source = READS
    nbformat.write(master, course.master("toy"))
    return Assignment(course, "toy")


@pytest.fixture(scope="module", params=["best", "restricted"])
def zygote(request):
    settings = SETTINGS
    if request.param == "restricted":
        if landlock.abi() == 0 or not seccomp.supported():
            pytest.skip("this machine has no such level")
        settings = dataclasses.replace(SETTINGS, level="restricted", without=("namespaces",))
    return shared(json.dumps(settings.to_json(), sort_keys=True))


def graded(zygote, assignment, source):
    return examine(zygote, assignment.bundle, {"double": source}, {"double"})["test_double"]


def test_the_master_reads_and_imports_them_on_both_sides(zygote, assignment):
    assert self_test(assignment.bundle, zygote=zygote) is None
    with pytest.raises(CourseError, match="No module named 'plots'"):
        self_test(dataclasses.replace(assignment.bundle, files=()), zygote=zygote)


def test_a_student_reads_and_imports_them(zygote, assignment):
    source = "from plots import thrice\n\n\ndef double(x):\n    return thrice(x) - x * np.load('table.npy')[1]"
    assert graded(zygote, assignment, source)["earned"] == 2
    assert graded(zygote, assignment, READS)["earned"] == 2


@pytest.mark.parametrize(
    "attempt",
    [
        "pathlib.Path('plots.py').write_text('def thrice(x): return 0')",
        "pathlib.Path('data/points.csv').write_text('0,0')",
        "pathlib.Path('plots.py').resolve().unlink()",
        "pathlib.Path('data/points.csv').unlink()",
        "os.chmod(pathlib.Path('plots.py').resolve(), 0o777) or pathlib.Path('plots.py').write_text('')",
        "shutil.rmtree(pathlib.Path('data').resolve())",
        "pathlib.Path('data/more.csv').write_text('1')",
        "os.rename(pathlib.Path('data').resolve(), 'mine')",
    ],
)
def test_they_are_nobodys_to_change(zygote, assignment, attempt):
    """The attempt raises, which is no part of the answer; the files say afterwards what they said before."""
    source = f"{FAR}try:\n    {attempt}\nexcept OSError as error:\n    held = error\n\n\n"
    check = "assert pathlib.Path('data/points.csv').resolve().read_text() == '1,2\\n3,4\\n'"
    helper = "assert 'return 3 * x' in pathlib.Path('plots.py').resolve().read_text()"
    source += f"def double(x):\n    str(held)\n    {check}\n    {helper}\n    return 2 * x"
    item = graded(zygote, assignment, source)
    assert item["earned"] == 2, item["reason"]


def test_what_a_student_writes_beside_them_can_still_be_written(zygote, assignment):
    own = "pathlib.Path('mine.txt').write_text('2')\n    return x * int(open('mine.txt').read())"
    source = f"{FAR}def double(x):\n    {own}"
    assert graded(zygote, assignment, source)["earned"] == 2


def test_other_contents_are_another_question(assignment):
    bundle = assignment.bundle
    other = dataclasses.replace(bundle.files[0], content="")
    changed = dataclasses.replace(bundle, files=(other, *bundle.files[1:]))
    seeds = {"test_double": 1, "test_mean": 2}
    before, after = (Keys(each, Times(), {}, secret=b"s").items("ada", seeds) for each in (bundle, changed))
    assert all(before[test] != after[test] for test in seeds)


def test_nothing_of_them_is_left_in_the_machines_folder(zygote, assignment):
    graded(zygote, assignment, READS)
    names = {Path(path).name for path in beside.files.contents(assignment.bundle.files)}
    deadline = time.monotonic() + 60
    while left := [path for path in Path("/tmp").glob("cs182-student-*/*/*") if path.name in names]:
        assert time.monotonic() < deadline, left
        time.sleep(0.2)
