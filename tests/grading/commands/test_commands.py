"""The commands one after the other on a small course, as an instructor would give them, and Ctrl-C in the middle."""

import csv
import io
import os
import re
import signal
import subprocess
import sys
import time
import zipfile

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from grading.cli import EXAMPLES, app
from grading.commands.common import command
from grading.commands.progress import followed
from grading.masters import notebook
from grading.masters.release import release
from grading.run.interrupt import until_asked
from grading.run.session import Event
from grading.verdicts.verdict import State, Verdict

RIGHT = {
    "double": "def double(x):\n    return x + x",
    "mean": "def mean(values):\n    return sum(values) / len(values)",
}
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,toy (7)\n    Points Possible,,,,,5.00\n"
    '"Lovelace, Ada",1,S1,ada,1,\n"Moog, Bob",2,S2,bob,1,\n"Young, Cy",3,S3,cy,1,\n"Dee, Dee",4,S4,dee,1,\n'
)


@pytest.fixture(scope="module")
def course(tmp_path_factory, build_course):
    """A small course of its own, and what three students handed in: Ada all right, Bob one mistake, Cy no notebook."""
    course = build_course(tmp_path_factory.mktemp("commands"))
    release(course)
    released = notebook.read(course.released("toy"))
    answers = {"ada_1_11": RIGHT, "bob_LATE_2_12": RIGHT | {"double": "def double(x):\n    return x * x"}}
    with zipfile.ZipFile(course.root / "canvas.zip", "w") as archive:
        for owner, one in answers.items():
            archive.writestr(f"{owner}_toy.ipynb", notebook.nbformat.writes(notebook.with_answers(released, one)))
        archive.writestr("cy_3_13_report.pdf", b"%PDF")
    (course.root / "gradebook.csv").write_text(CANVAS)
    return course


@pytest.fixture(scope="module")
def variables(course):
    folders = {"SOLUTIONS": course.solutions, "ASSIGNMENTS": course.assignments, "COURSE": course.work}
    return {f"CS182_{key}": str(path) for key, path in folders.items()}


@pytest.fixture(scope="module")
def run(course, variables):
    """Run `cs182-grade` on the course: exit code and output with its whitespace folded."""

    def command(*arguments):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], env=variables)
        assert "Traceback" not in result.output
        return result.exit_code, " ".join(result.output.split())

    return command


@pytest.fixture(scope="module")
def graded(course, run):
    """The course after init, collect and autograde; what each of them said."""
    said = {"init": run("init")}
    roster = ["--roster", course.root / "gradebook.csv"]
    said["dry collect"] = run("collect", "toy", course.root / "canvas.zip", *roster, "--dry-run")
    said["nothing yet"] = run("autograde", "toy")
    said["collect"] = run("collect", "toy", course.root / "canvas.zip", *roster)
    said["dry autograde"] = run("autograde", "toy", "--dry-run")
    said["autograde"] = run("autograde", "toy", "--jobs", "1")
    return said


def test_init_makes_a_private_secret_and_says_where_things_are(course, graded):
    code, said = graded["init"]
    assert code == 0
    assert (course.work / "secret").stat().st_mode & 0o077 == 0
    assert (course.work / "late.toml").exists()
    assert "sqlite:///" in said


def test_a_dry_run_says_what_would_be_done(course, graded):
    assert graded["dry collect"] == (0, graded["dry collect"][1])
    assert "would find 2 new, 2 missing" in graded["dry collect"][1]
    assert "2 submissions would be examined (4 items), 0 are known" in graded["dry autograde"][1]


def test_grading_says_how_many_stand_where(graded):
    assert "Nothing was handed in" in graded["nothing yet"][1]
    assert "found 2 new, 2 missing" in graded["collect"][1]
    assert "no notebook among the files: cy_3_13_report.pdf" in graded["collect"][1]
    code, said = graded["autograde"]
    assert code == 0, said
    assert "2 submissions: 2 graded. 4 items were examined now" in said
    assert "2 handed in nothing that can be read" in said


def test_what_is_known_is_not_examined_again(graded, run):
    code, said = run("autograde", "toy")
    assert code == 0
    assert "0 items were examined now" in said


def test_regrade_examines_one_student_anew(graded, run):
    code, said = run("regrade", "toy", "--student", "ada")
    assert code == 0
    assert "1 submissions: 1 graded. 2 items were examined now" in said


def test_an_unknown_student_is_an_error_that_says_so(graded, run):
    code, said = run("regrade", "toy", "--student", "zoe")
    assert code == 2
    assert "error: zoe handed in nothing for toy" in said


def test_report_feedback_and_exports(course, graded, run):
    assert run("feedback", "toy", "--nbgrader")[0] == 0
    for student in ("ada", "bob"):
        folder = course.step("feedback", student, "toy")
        assert {path.name for path in folder.glob("*.html")} == {"feedback.html", "toy.html"}
    page = (course.step("feedback", "cy", "toy") / "feedback.html").read_text()
    assert "Nothing was handed in that could be graded." in page
    assert "cy_3_13_report.pdf" in page
    page = (course.step("feedback", "bob", "toy") / "feedback.html").read_text()
    assert "You multiply x by itself" in page
    assert run("report", "toy", "--to", course.root / "report.html")[0] == 0
    report = (course.root / "report.html").read_text()
    assert "You multiply x by itself" in report
    assert 'href="work/feedback/bob/toy/feedback.html"' in report
    assert "It is marked as late, but nothing says how late." in report
    assert run("export", "--to", course.root / "all.csv")[0] == 0
    with (course.root / "all.csv").open() as file:
        assert {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)} == {"ada": 3, "bob": 1}
    code, said = run("export", "toy", "--canvas", course.root / "gradebook.csv", "--to", course.root / "import.csv")
    assert code == 0
    filled = CANVAS.replace("ada,1,", "ada,1,3").replace("bob,1,", "bob,1,1")
    assert (course.root / "import.csv").read_text() == filled
    assert "2 in Canvas without a grade: Young, Cy, Dee, Dee" in said


def test_lateness_is_recomputed_when_its_table_changes(course, graded, run):
    stamp = course.step("submitted", "ada", "toy") / "timestamp.txt"
    stamp.write_text("2026-10-02 12:00:00 UTC")
    table = course.work / "late.toml"
    kept = table.read_text()
    scores = []
    for text in ["percent_per_day = 50\n[assignment.toy]\ndue = 2026-10-01T12:00:00", kept]:
        table.write_text(text)
        assert run("export", "--to", course.root / "late.csv")[0] == 0
        with (course.root / "late.csv").open() as file:
            scores += [float(row["score"]) for row in csv.DictReader(file) if row["student_id"] == "ada"]
    stamp.unlink()
    assert scores == [1.5, 3.0]


def test_a_wrong_table_is_one_sentence(course, graded, run):
    table = course.work / "late.toml"
    kept = table.read_text()
    table.write_text("percent_per_year = 5")
    code, said = run("report", "toy")
    table.write_text(kept)
    assert code == 2
    assert "there is no key 'percent_per_year'" in said


def test_brackets_in_an_error_are_shown(course, graded, run):
    table = course.work / "late.toml"
    kept = table.read_text()
    table.write_text("[assignment.toy]\ndue = 5")
    code, said = run("report", "toy")
    table.write_text(kept)
    assert code == 2
    assert "[assignment.toy]: due should be a time" in said


def test_every_command_has_a_page_of_help_with_its_example(run):
    names = {function.__name__ for function in EXAMPLES}
    assert names == {
        *("init", "release", "collect", "autograde", "regrade", "report", "feedback", "export", "gradescope", "doctor"),
        *("demo", "new", "check", "import_"),
    }
    for function, example in EXAMPLES.items():
        name = function.__name__.strip("_")
        code, said = run(name, "--help")
        assert code == 0
        assert f"Example: {example}" in re.sub(r"\s+", " ", said)
        assert f"cs182-grade {name}" in example


def test_the_bar_says_how_many_how_fast_how_long_still_and_who_stands_where():
    shown = io.StringIO()
    states = [State.GRADED, State.REVIEW, State.GRADED, State.GRADED]
    events = [Event(Verdict(f"s{number}", "toy", state)) for number, state in enumerate(states)]
    for _ in followed(events, 5, Console(file=shown, force_terminal=True, width=120)):
        time.sleep(0.2)
    last = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.getvalue()).strip().splitlines()[-1]
    assert "4/5" in last
    assert re.search(r"\d+/min left 0:00:0\d", last)
    assert "3 graded, 1 to review" in last


@pytest.fixture
def interruptible():
    """As at a terminal: a shell lets what it starts in the background ignore Ctrl-C, and this is handed down."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Finaliser:
    """Is interrupted where Python ignores what is raised."""

    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_is_heard_where_python_loses_it(interruptible, capsys):
    def events():
        yield 1
        Finaliser()
        yield 2

    seen = []
    with pytest.raises(typer.Exit) as stopped, command("Go on."):
        seen.extend(until_asked(events()))
    assert 2 not in seen
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert stopped.value.exit_code == 130
    assert "Stopped. Go on." in capsys.readouterr().out


def test_ctrl_c_stops_with_a_sentence_and_the_same_command_goes_on(interruptible, tmp_path, build_course):
    course = build_course(tmp_path / "stopped")
    release(course)
    released = notebook.read(course.released("toy"))
    slow = RIGHT | {"mean": "import time\ndef mean(values):\n    time.sleep(1.5)\n    return sum(values) / len(values)"}
    for number in range(8):
        path = course.step("submitted", f"s{number}", "toy") / "toy.ipynb"
        notebook.write(notebook.with_answers(released, slow), path)
    folders = {"SOLUTIONS": course.solutions, "ASSIGNMENTS": course.assignments, "COURSE": course.work}
    environment = os.environ | {f"CS182_{key}": str(path) for key, path in folders.items()}
    line = [sys.executable, "-m", "grading.cli", "autograde", "toy", "--jobs", "1"]
    verdicts = course.work / "verdicts" / "toy"
    # as a terminal does: the signal goes to the whole group
    process = subprocess.Popen(
        line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not list(verdicts.glob("s*.json")) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    done = len(list(verdicts.glob("s*.json")))
    assert process.returncode == 130, said
    assert "Stopped. What is finished is kept: give the same command again" in " ".join(said.split())
    assert "Traceback" not in said
    assert 1 <= done < 8
    again = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert again.returncode == 0, again.stderr
    said = " ".join(again.stdout.split())
    assert "8 submissions: 8 graded." in said
    assert int(re.search(r"(\d+) items were examined now", said)[1]) <= 2 * (8 - done)
