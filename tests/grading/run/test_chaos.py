"""Any process may be killed at any moment: after the same command again, nothing is lost, different, or done twice."""

import collections
import random
import threading

from chaos import Cluster, kill_one, wait, write_class
from nbgrader.api import Gradebook

from grading.config import COURSE_ID
from grading.masters.release import release
from grading.verdicts.store import Store
from grading.verdicts.verdict import State

STUDENTS = 300
KILLS = {"worker": 8, "examiner": 12, "zygote": 3, "scheduler": 2, "main": 4}


def strike(cluster, main, kills, draw):
    """Kill one process of a kind that is still due."""
    due = [kind for kind, count in kills.items() if count]
    kind = draw.choice(due)
    targets = {
        "worker": cluster.workers,
        "examiner": cluster.examiners,
        "zygote": cluster.zygotes,
        "scheduler": cluster.scheduler,
        "main": lambda: [main],
    }
    kills[kind] -= kill_one(targets[kind](), draw)


def run_main(cluster, course, kills, draw):
    """Give the command once, striking meanwhile; returns its exit code and the items it says it examined."""
    main = cluster.main(course)
    lines: list[str] = []
    complaints: list[str] = []
    readers = [
        threading.Thread(target=lambda: lines.extend(main.stdout)),
        threading.Thread(target=lambda: complaints.extend(main.stderr)),
    ]
    for reader in readers:
        reader.start()
    while not wait(main, draw.uniform(0.3, 2.5)):
        if any(kills.values()) and len(lines) > 5:
            strike(cluster, main, kills, draw)
    for reader in readers:
        reader.join()
    assert main.returncode in (0, -9) or "The scheduler" in complaints[-1] or "No scheduler" in complaints[-1], (
        complaints
    )
    examined = [(words[0], item) for words in map(str.split, lines) for item in words[1:]]
    return main.returncode, examined


def in_gradebook(course):
    """The automatic scores of each submission's tests, as nbgrader has them."""
    with Gradebook(course.db_url, COURSE_ID) as book:
        return {
            entry.student.id: {grade.name: grade.auto_score for grade in part.grades if grade.name.startswith("test_")}
            for entry in book.assignment_submissions("toy")
            for part in entry.notebooks
        }


def test_nothing_is_lost_different_or_graded_twice(course, tmp_path_factory):
    release(course)
    expected = write_class(course, STUDENTS)
    kills = dict(KILLS)
    draw = random.Random(7)
    examined = collections.Counter()
    with Cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        code, rounds = None, 0
        while code != 0 or any(kills.values()):
            code, items = run_main(cluster, course, kills, draw)
            examined.update(items)
            rounds += 1
            assert rounds < 30
            if code == 0:
                break
        code, items = run_main(cluster, course, {}, draw)  # the same command once more, in peace
        examined.update(items)
    verdicts = {verdict.student: verdict for verdict in Store(course.work).verdicts("toy")}
    assert set(verdicts) == set(expected)
    points = {name: {item.grade_id: item.earned for item in verdict.items} for name, verdict in verdicts.items()}
    assert points == expected
    assert {verdict.state for verdict in verdicts.values()} == {State.GRADED}
    assert max(examined.values()) == 1
    assert in_gradebook(course) == points  # it follows a second later, and catches up after a kill
    assert code == 0
    print(f"{STUDENTS} submissions, {rounds} rounds, left unkilled: {kills}")
