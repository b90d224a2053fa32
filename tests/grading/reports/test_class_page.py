import base64
import io
import re

import pytest
from PIL import Image

from grading.gradebook.read import Result, Score
from grading.reports.class_page import histogram, questions, write_report
from grading.reports.html import people, points
from grading.reports.pictures import pictures, thumbnail


def png(colour, size=(40, 30)) -> str:
    data = io.BytesIO()
    Image.new("RGBA", size, colour).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


def result(student, first, second, *, error="", failure="", drawn=()):
    scores = {"test_a": Score(first, 4, error), "question_b": Score(second, 2, to_read=not failure)}
    return Result(student, scores, list(drawn), failure)


def of(results):
    """The pictures of some results."""
    drawn = {result.student: result.pictures for result in results}
    return pictures(drawn, drawn.__getitem__)


@pytest.fixture
def results():
    red, blue = ("cell-1", png("red")), ("cell-1", png("blue"))
    return [
        result("ann", 4, 0, drawn=[red]),
        result("bob", 1, 0, drawn=[red, red]),
        result("cy<b>", 0, 0, error='Expected <3>, "got" 2', drawn=[blue]),
        result("dee", 0, 0, failure="DeadKernelError: Kernel died"),
    ]


def test_points_drop_needless_zeros():
    assert [points(value) for value in (30.0, 0.0, 12.25, 2.5)] == ["30", "0", "12.25", "2.5"]


def test_histogram_counts_everyone_once_with_the_best_in_the_last_bin():
    bins = histogram([0, 9.99, 10, 55, 100, 100], 100)
    assert [count for _, count in bins] == [2, 1, 0, 0, 0, 1, 0, 0, 0, 2]
    assert bins[-1][0] == "90 to 100"


def test_questions_count_full_part_none_and_unread(results):
    test_a, question_b = questions(results)
    assert (test_a.full, test_a.part, test_a.none, test_a.to_read) == (1, 1, 2, 0)
    assert test_a.mean == 1.25
    assert test_a.errors == [('Expected <3>, "got" 2', 1)]
    assert (question_b.none, question_b.to_read) == (1, 3)


def test_equal_pictures_appear_once_with_everyone_who_made_them(results):
    found = of(results)
    assert {cell: [picture.students for picture in group] for cell, group in found.items()} == {
        "cell-1": [["ann", "bob"], ["cy<b>"]]
    }


def test_the_most_frequent_picture_comes_first_and_cells_keep_their_order():
    one, two, three = ("early", png("red")), ("early", png("blue")), ("late", png("green"))
    class_of_three = [result(str(i), 0, 0, drawn=drawn) for i, drawn in enumerate([[one, three], [two], [two]])]
    found = of(class_of_three)
    assert list(found) == ["early", "late"]
    assert [picture.students for picture in found["early"]] == [["1", "2"], ["0"]]


def test_a_crowd_is_named_in_part():
    assert people(["ann", "bob"]) == "ann, bob"
    assert people([f"s{i}" for i in range(9)]) == "9 students: s0, s1, s2 and 6 more"


def test_thumbnail_is_small_and_keeps_its_colour_on_white():
    source = thumbnail(png((0, 0, 255, 0), size=(1360, 600)))  # fully transparent
    image = Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))
    assert image.size == (680, 300)
    assert image.convert("RGB").getpixel((200, 100)) == (255, 255, 255)


def test_report_is_one_page_that_needs_nothing_else(results, tmp_path):
    write_report(tmp_path / "report.html", "saliency", results)
    page = (tmp_path / "report.html").read_text()
    assert not re.search(r"https?://|<script|<link", page)
    assert all(source.startswith("data:image/") for source in re.findall(r'src="([^"]*)"', page))
    assert page.count("<img ") == page.count('alt="What the cell') == 2
    assert "DeadKernelError: Kernel died" in page


def test_students_words_cannot_become_markup(results, tmp_path):
    write_report(tmp_path / "report.html", "saliency", results)
    page = (tmp_path / "report.html").read_text()
    assert "cy<b>" not in page
    assert "cy&lt;b&gt;" in page
    assert "Expected &lt;3&gt;, &#34;got&#34; 2" in page


def test_nothing_to_report_is_said(tmp_path):
    with pytest.raises(ValueError, match="no submission has been graded"):
        write_report(tmp_path / "report.html", "saliency", [])
