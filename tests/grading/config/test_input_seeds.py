"""Seeds: the same for the same item, unrelated otherwise, and derived from a secret that only the instructor reads."""

import hashlib
import hmac

import pytest

from grading.config import CourseError
from grading.config.input_seeds import derive
from grading.config.secret import course_secret

SECRET = bytes(range(32))


def test_the_seed_is_the_top_of_the_hmac():
    # RFC 2104 written out: H(K ^ opad || H(K ^ ipad || m))
    key = SECRET.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(k ^ 0x36 for k in key) + b'["ada", "saliency", "test_f"]').digest()
    outer = hashlib.sha256(bytes(k ^ 0x5C for k in key) + inner).digest()
    assert derive(SECRET, "ada", "saliency", "test_f") == int.from_bytes(outer[:8], "big") // 2


def test_another_student_assignment_item_or_secret_has_another_seed():
    names = [("a", "b", "c"), ("x", "b", "c"), ("a", "x", "c"), ("a", "b", "x"), ("ab", "", "c")]
    seeds = {derive(SECRET, *triple) for triple in names}
    assert len(seeds | {derive(bytes(32), "a", "b", "c")}) == 6


def test_names_cannot_be_chosen_to_share_a_seed():
    assert derive(SECRET, 'a", "b', "c", "d") != derive(SECRET, "a", 'b", "c', "d")


def test_seeds_suit_every_generator():
    seeds = [derive(SECRET, f"student{i}", "a", "t") for i in range(1000)]
    assert len(set(seeds)) == 1000
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert sum(seed % 2 for seed in seeds) == pytest.approx(500, abs=80)  # 5 standard deviations of a fair coin


def test_the_secret_is_made_once_and_is_the_instructors_alone(tmp_path):
    first = course_secret(tmp_path / "course")
    assert len(first) == 32
    assert course_secret(tmp_path / "course") == first
    assert course_secret(tmp_path / "other") != first
    assert (tmp_path / "course" / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "course").iterdir()] == ["secret"]


def test_a_secret_that_others_can_read_or_that_is_cut_off_is_refused(tmp_path):
    course_secret(tmp_path)
    (tmp_path / "secret").chmod(0o644)
    with pytest.raises(CourseError, match="chmod 600"):
        course_secret(tmp_path)
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(CourseError, match="5 bytes"):
        course_secret(tmp_path)


def test_the_hmac_is_pythons():
    message = b'["ada", "saliency", "test_f"]'
    expected = int.from_bytes(hmac.new(SECRET, message, "sha256").digest()[:8], "big") >> 1
    assert derive(SECRET, "ada", "saliency", "test_f") == expected
