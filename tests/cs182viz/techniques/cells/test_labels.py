"""Labels of C: small texts whose labels were written by hand, and a file against gcc's own idea of comments."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from cs182viz.techniques.cells import label, load_source


def marks(name, text):
    return "".join("^" if inside else "." for inside in label(text)[name])


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("string", 'f("a\\"b"); x', "..^^^^^....."),
        ("string", "c = '\"'; x", ".........."),
        ("string", '/* "no" */ "y"', "...........^^."),
        ("string", '"open\nx"y"', "^^^^^..^^."),
        ("string", '"a\\"\nb', "^^^^.."),
        ("comment", "a /* b */ c", "...^^^^^..."),
        ("comment", 'a "/*" b', "........"),
        ("comment", "a // b\nc", "...^^^.."),
        ("comment", "a / b", "....."),
        ("comment", "/*/ x */", ".^^^^^^."),
        ("comment", "a /* never", "...^^^^^^^"),
        ("if", "if( f(a) ){", "..^^^^^^^.."),
        ("if", "if /* ( */ (a) b(c)", "...........^^......"),
        ("if", "gif(a) if x (b)", "..............."),
        ("if", 'if( a==")" )', "..^^^^^^^^^."),
    ],
)
def test_inside_or_not(name, text, expected):
    assert marks(name, text) == expected


def test_depth_counts_braces_of_the_code_alone():
    text = "a{b{'{'\"{\"/*{*/}c}d}e"
    assert "".join(map(str, label(text)["depth"])) == "011222222222222110000"


def test_branches_of_the_preprocessor_count_once():
    text = "{\n#ifdef A\nif(a){\n#else\nif(b){\n#endif\nx}}\n"
    depth = label(text)["depth"]
    assert depth[text.index("x")] == 2
    assert depth[-1] == 0


def test_column_counts_from_the_line_s_end():
    assert label("ab\n\ncd")["column"].tolist() == [1, 2, 0, 0, 1, 2]


def test_every_character_has_a_label():
    for text in ("", "\n", '"', "'", "/", "\\", "é{", "#", "if", "}"):
        assert all(len(values) == len(text) for values in label(text).values())


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc to compare with")
@pytest.mark.parametrize("name", ["completion.c", "vdbevtab.c"])
def test_without_comments_a_file_is_what_the_compiler_sees(name):
    """gcc takes comments away; what is left of the code, without white space, is what is labelled as no comment."""
    text = re.sub(r"(?m)^[ \t]*#.*$", "", load_source(name))
    seen = subprocess.run(["gcc", "-E", "-P", "-xc", "-"], input=text, capture_output=True, text=True, check=True)
    inside = label(text)["comment"]
    ends = np.append(inside[1:], False)
    code = "".join(
        character
        for place, character in enumerate(text)
        if not inside[place] and not (place and inside[place - 1]) and not (character == "/" and ends[place])
    )
    assert re.sub(r"\s", "", code) == re.sub(r"\s", "", seen.stdout)
