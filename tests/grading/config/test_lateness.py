"""Late penalties against a table worked by hand."""

from datetime import UTC, datetime

import pytest

from grading.config import CourseError
from grading.config.lateness import Policy, from_table, load

TABLE = """
timezone = "America/Los_Angeles"
grace_minutes = 15
percent_per_day = 10
most_percent = 50
closes_after_days = 7

[assignment.saliency]
due = 2026-10-12T23:59:00

[assignment.tsne]
due = 2026-10-30T23:59:00     # a night before the clocks go back on November 1
percent_per_day = 25
most_percent = 100
closes_after_days = 0

[[extension]]
student = "ada"
assignment = "saliency"
due = 2026-10-15T23:59:00

[[extension]]
student = "bob"
days = 1
"""
# Due at 23:59 in California on October 12 is 06:59 UTC on the 13th (UTC-7). 40 points earned.
BY_HAND = [
    # assignment, student, handed in (UTC), points off, days
    ("saliency", "eve", "2026-10-13 06:59:00", 0, 0),  # the last second
    ("saliency", "eve", "2026-10-13 07:14:00", 0, 0),  # the last second of grace
    ("saliency", "eve", "2026-10-13 07:14:01", 4, 1),  # 10% of 40
    ("saliency", "eve", "2026-10-14 06:59:00", 4, 1),  # exactly one day
    ("saliency", "eve", "2026-10-14 06:59:01", 8, 2),
    ("saliency", "eve", "2026-10-18 06:59:00", 20, 5),  # 50%, the most
    ("saliency", "eve", "2026-10-20 06:59:00", 20, 7),  # still 50% at seven days
    ("saliency", "eve", "2026-10-20 06:59:01", 40, 8),  # closed
    ("saliency", "ada", "2026-10-16 06:59:00", 0, 0),  # three days more
    ("saliency", "ada", "2026-10-16 08:00:00", 4, 1),
    ("saliency", "bob", "2026-10-14 06:00:00", 0, 0),  # a day more on everything
    ("saliency", "bob", "2026-10-15 06:00:00", 4, 1),
    ("tsne", "bob", "2026-11-01 06:59:00", 0, 0),
    ("tsne", "eve", "2026-10-31 06:59:00", 0, 0),
    ("tsne", "eve", "2026-11-01 12:00:00", 20, 2),  # 2 x 25% of 40; days are of 24 hours, whatever the clocks do
    ("tsne", "eve", "2027-01-01 00:00:00", 40, 62),  # never closed, but all of it is gone
    ("tsne", "ada", "2026-10-31 08:00:00", 10, 1),  # her extension was for another assignment
    ("fooling", "eve", "2030-01-01 00:00:00", 0, 0),  # has no due time
]


@pytest.fixture
def policy(tmp_path):
    (tmp_path / "late.toml").write_text(TABLE)
    return load(tmp_path)


@pytest.mark.parametrize(("assignment", "student", "handed_in", "points", "days"), BY_HAND)
def test_penalties_are_those_worked_by_hand(policy, assignment, student, handed_in, points, days):
    time = datetime.fromisoformat(handed_in).replace(tzinfo=UTC)
    penalty = policy.penalty(assignment, student, 40, time)
    assert penalty.points == pytest.approx(points)
    assert penalty.days == days
    assert bool(penalty.reason) == bool(points)


def test_reasons_say_how_late_and_what_it_costs(policy):
    time = datetime(2026, 10, 14, 12, tzinfo=UTC)
    assert policy.penalty("saliency", "eve", 37.5, time).reason == "2 days late: 20% of 37.5 points"


def test_nothing_earned_is_nothing_lost(policy):
    assert policy.penalty("saliency", "eve", 0, datetime(2027, 1, 1, tzinfo=UTC)).points == 0


def test_an_unknown_time_costs_nothing(policy):
    assert policy.penalty("saliency", "eve", 40, None).points == 0


def test_without_a_file_nothing_is_late(tmp_path):
    assert load(tmp_path) == Policy()
    assert load(tmp_path).penalty("saliency", "eve", 40, datetime(2099, 1, 1, tzinfo=UTC)).points == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("percent_per_year = 3", "no key 'percent_per_year'"),
        ("grace_minutes = -1", "grace_minutes should be a number, 0 or more"),
        ('percent_per_day = "ten"', "percent_per_day should be a number"),
        ('timezone = "Mars/Olympus"', "no time zone 'Mars/Olympus'"),
        ('[assignment.saliency]\ndue = "tomorrow"', r"\[assignment.saliency\]: due should be a time"),
        ('[[extension]]\nstudent = "ada"', "needs a student, and due or days"),
        ("due = ", "late.toml"),
    ],
)
def test_a_wrong_table_is_an_error_that_names_the_key(tmp_path, text, message):
    (tmp_path / "late.toml").write_text(text)
    with pytest.raises(CourseError, match=message):
        load(tmp_path)


def test_times_with_an_offset_keep_it():
    policy = from_table({"due": datetime.fromisoformat("2026-10-12T12:00:00+02:00"), "percent_per_day": 100})
    assert policy.penalty("any", "eve", 1, datetime(2026, 10, 12, 10, 0, tzinfo=UTC)).points == 0
    assert policy.penalty("any", "eve", 1, datetime(2026, 10, 12, 10, 1, tzinfo=UTC)).points == 1
