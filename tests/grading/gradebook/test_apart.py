"""Does the writer in a process of its own write what the one in this process writes, and end when it should?"""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest
from nbgrader.api import Gradebook

from grading.config import COURSE_ID, CourseError
from grading.gradebook.apart import AHEAD, writer_apart
from grading.gradebook.write import TOGETHER, writer
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.release import release
from grading.verdicts.verdict import Item, ItemState, State, Verdict

MAIN = """
import multiprocessing, sys, time
from pathlib import Path
from grading.config import Course
from grading.gradebook.apart import writer_apart
from grading.masters.assignment import Assignment

with writer_apart(Assignment(Course(*map(Path, sys.argv[1:])), "toy")):
    print(multiprocessing.active_children()[0].pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def toy(course):
    release(course)
    return Assignment(course, "toy")


def hand_in(toy, students):
    """Verdicts on submissions that differ in what they answer and get."""
    verdicts = []
    for number, student in enumerate(students):
        answer = f"def double(x):\n    return {number} * x"
        nb = notebook.with_answers(toy.released, {"double": answer})
        notebook.write(nb, toy.submitted(student))
        earned = float(number % 2)
        state = ItemState.FULL if earned else ItemState.ZERO
        items = (Item("test_double", 2.0, 2.0, ItemState.FULL), Item("test_mean", earned, 1.0, state))
        verdicts.append(Verdict(student, "toy", State.GRADED, items))
    return verdicts


def written(toy):
    """Scores and comments in the gradebook, and the notebooks for formgrader."""
    with Gradebook(toy.course.db_url, COURSE_ID) as book:
        rows = {
            entry.student.id: [
                sorted((grade.name, grade.auto_score, grade.needs_manual_grade) for grade in part.grades),
                sorted((comment.name, comment.auto_comment or "") for comment in part.comments),
            ]
            for entry in book.assignment_submissions("toy")
            for part in entry.notebooks
        }
    return rows, {name: (toy.step("autograded", name) / "toy.ipynb").read_text() for name in rows}


def process():
    (found,) = multiprocessing.active_children()
    return found.pid


def stopped(toy, verdict):
    with writer_apart(toy) as apart:
        apart.write(verdict)
        raise KeyboardInterrupt


def killed(toy, verdict):
    with writer_apart(toy) as apart:
        os.kill(process(), signal.SIGKILL)
        apart.write(verdict)


def test_it_writes_what_the_writer_in_this_process_writes(toy):
    verdicts = hand_in(toy, ["ada", "bob", "cyd"])
    with writer(toy) as here:
        for verdict in verdicts:
            here.write(verdict)
    expected = written(toy)
    shutil.rmtree(toy.course.work / "autograded")
    (toy.course.work / "gradebook.db").unlink()
    with writer_apart(toy) as apart:
        for verdict in verdicts:
            apart.write(verdict)
        apart.flush()
        assert written(toy) == expected
    assert not multiprocessing.active_children()


def test_what_was_given_is_entered_also_when_the_block_ends_with_an_error(toy):
    (verdict,) = hand_in(toy, ["ada"])
    with pytest.raises(KeyboardInterrupt):
        stopped(toy, verdict)
    assert set(written(toy)[0]) == {"ada"}


def test_one_that_was_killed_is_said_in_a_sentence(toy):
    (verdict,) = hand_in(toy, ["ada"])
    with pytest.raises(CourseError, match="The verdicts are kept"):
        killed(toy, verdict)


def test_what_goes_wrong_there_is_raised_here(toy):
    (verdict,) = hand_in(toy, ["ada"])
    (toy.course.work / "autograded").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="autograded"), writer_apart(toy) as apart:
        apart.write(verdict)


def test_ctrl_c_does_not_reach_it(toy):
    (verdict,) = hand_in(toy, ["ada"])
    with writer_apart(toy) as apart:
        os.kill(process(), signal.SIGINT)
        apart.write(verdict)
    assert set(written(toy)[0]) == {"ada"}


def test_it_ends_with_the_process_that_it_writes_for(toy):
    folders = (toy.course.solutions, toy.course.assignments, toy.course.work)
    main = subprocess.Popen([sys.executable, "-c", MAIN, *folders], stdout=subprocess.PIPE, text=True)
    apart = psutil.Process(int(main.stdout.readline()))
    main.kill()
    main.communicate()
    assert not psutil.wait_procs([apart], timeout=10)[1]


def test_whoever_is_far_ahead_waits_for_it(toy):
    verdicts = hand_in(toy, ["ada"]) * (TOGETHER * (AHEAD + 2))
    with writer_apart(toy) as apart:
        os.kill(process(), signal.SIGSTOP)
        ahead = threading.Thread(target=lambda: [apart.write(verdict) for verdict in verdicts])
        ahead.start()
        time.sleep(0.5)
        waits = ahead.is_alive()
        os.kill(process(), signal.SIGCONT)
        ahead.join(timeout=60)
        assert waits
        assert not ahead.is_alive()
