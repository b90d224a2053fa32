"""A gradebook of Canvas comes back as it was, but for one column."""

import csv
import io

import pytest

from grading.config import CourseError
from grading.exports.canvas import fill

# as lib/gradebook_exporter.rb of Canvas writes it: a row on posting, points indented by four spaces, read-only columns
TEMPLATE = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Notes,tsne (70),saliency (71),Saliency bonus (72),"
    "Current Score,Final Grade\n"
    ",,,,,,,Manual Posting,,,\n"
    "    Points Possible,,,,,,30.00,100.00,5.00,(read only),(read only)\n"
    '"Lovelace, Ada",101,S1,ada@x.edu,"Disc 1, Tue",,28.5,,5.00,95.0,A\n'
    '"Müller, Bo ""B""",102,S2,bob,Disc 2,call him,,50.00,,,\n'
    '"Young, Cy",103,S3,cy,Disc 2,,,,,,\n'
    '"Excused, Eve",104,S4,eve,Disc 2,,,EX,,,\n'
    '"Student, Test",105,,abcdef,Disc 2,,,,,,\n'
)


def rows(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def test_only_one_column_changes_to_the_byte():
    filled = fill(TEMPLATE, {"ada@x.edu": 87.25, "bob": 60, "cy": 0}, "saliency", best=100)
    expected = TEMPLATE.replace("28.5,,5.00,95.0", "28.5,87.25,5.00,95.0").replace(",50.00,", ",60,")
    expected = expected.replace('"Young, Cy",103,S3,cy,Disc 2,,,,,,', '"Young, Cy",103,S3,cy,Disc 2,,,0,,,')
    assert filled.text == expected
    assert filled.column == "saliency (71)"
    assert filled.unknown == ()
    assert filled.empty == ("Excused, Eve", "Student, Test")


def test_nothing_to_fill_gives_the_template_back():
    assert fill(TEMPLATE, {}, "saliency", best=100).text == TEMPLATE


def test_filling_twice_is_filling_once():
    once = fill(TEMPLATE, {"bob": 60}, "71", best=100).text
    assert fill(once, {"bob": 60}, "71", best=100).text == once


def test_the_excused_stay_excused():
    filled = fill(TEMPLATE, {"eve": 100}, "saliency", best=100)
    assert rows(filled.text)[6][7] == "EX"
    assert filled.unknown == ()


@pytest.mark.parametrize(
    ("student", "keys"),
    [
        ("101", ()),
        ("S1", ()),
        ("Ada@X.edu", ()),
        ("loveladeada-101", ("canvas 101", "lovelaceada")),  # as collected without a roster
        ("al", ("lovelaceada",)),
        ("al", ("nobody", "Lovelace, Ada")),
    ],
)
def test_students_are_found_by_any_of_their_names(student, keys):
    filled = fill(TEMPLATE, {student: 42}, "saliency", best=100, keys={student: keys})
    assert rows(filled.text)[3][7] == "42"
    assert filled.unknown == ()


def test_a_name_of_two_people_fits_none():
    twin = TEMPLATE + '"Lovelace, Ada",106,S6,ada2,Disc 1,,,,,,\n'
    filled = fill(twin, {"x": 1}, "saliency", best=100, keys={"x": ["lovelaceada"]})
    assert filled.unknown == ("x",)
    assert filled.text == twin


@pytest.mark.parametrize("name", ["saliency", "71", "saliency (71)", "Saliency"])
def test_a_column_is_found_by_title_number_or_both(name):
    assert fill(TEMPLATE, {}, name, best=100).column == "saliency (71)"


def test_a_longer_title_will_do_if_it_is_clear():
    template = TEMPLATE.replace("tsne (70)", "HW 1: t-SNE (70)")
    assert fill(template, {}, "tsne", best=30).column == "HW 1: t-SNE (70)"


@pytest.mark.parametrize(
    ("template", "name", "best", "message"),
    [
        (TEMPLATE, "fooling", 100, "is not there.*tsne"),
        (TEMPLATE.replace("saliency (71)", "My saliency (71)"), "saliency", 100, "is not clear.*bonus"),
        (TEMPLATE, "saliency", 90, "has 100.00 points, here 90"),
        ("a,b\n1,2\n", "saliency", 100, "no gradebook from Canvas"),
        ("", "saliency", 100, "no gradebook from Canvas"),
    ],
)
def test_what_does_not_fit_is_an_error_that_says_what_to_do(template, name, best, message):
    with pytest.raises(CourseError, match=message):
        fill(template, {"bob": 1}, name, best=best)


def test_byte_order_mark_semicolons_and_windows_lines_are_kept():
    template = "\ufeff" + TEMPLATE.replace(",", ";").replace("\n", "\r\n")
    filled = fill(template, {"bob": 61}, "saliency", best=100)
    assert filled.text == template.replace(";50.00;", ";61;")


def test_last_name_and_first_name_in_two_columns():
    template = TEMPLATE.replace("Student,ID", "LastName,FirstName,ID").replace('"Young, Cy",', "Young,Cy,")
    template = template.replace("    Points Possible,", "    Points Possible,,")
    assert ",61," in fill(template, {"cy": 61}, "saliency", best=100).text
