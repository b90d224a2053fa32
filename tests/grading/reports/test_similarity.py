"""Copies are found however they are disguised; independent answers to the same questions are not."""

import ast
import io
import re
import time
import tokenize

import pytest

from grading.config import CLONE, Course
from grading.masters import notebook
from grading.masters.solutions import misconceptions, versions
from grading.reports.similarity import WINDOW, K, kgrams, similar_pairs, tokens, winnow

NAMES = [path.stem.removesuffix("_versions") for path in sorted((CLONE / "tests" / "solutions").glob("*_versions.py"))]
COURSE = Course.from_environment({})


def given(name):
    """What everybody may resemble: the master's answers and the released stubs."""
    return [notebook.answers(notebook.read(path)) for path in (COURSE.master(name), COURSE.released(name))]


def independent(name):
    """One student for each of the differently written right versions; the i-th has the i-th version of everything."""
    by_function = {}
    for version in versions(CLONE / "tests" / "solutions" / f"{name}_versions.py"):
        by_function.setdefault(version.function, []).append(version.source)
    count = min(map(len, by_function.values()))
    return {f"student{i}": {function: found[i] for function, found in by_function.items()} for i in range(count)}


def renamed(source):
    """The same with other names for all that the function itself assigns or takes, other comments and other layout."""
    tree = ast.parse(source)
    own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    new = {name: f"my_{name[::-1]}_{number}" for number, name in enumerate(sorted(own))}
    out, last = [], None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        text = token.string
        if token.type == tokenize.NAME and text in new and last != ".":
            text = new[text]
        if token.type != tokenize.COMMENT:
            out.append((token.type, text))
        last = token.string
    changed = tokenize.untokenize(out)
    return "# written by me\n" + changed.replace("    return", "    # and now the result\n    return")


@pytest.mark.parametrize("name", NAMES)
def test_independent_versions_are_not_reported(name):
    class_ = independent(name)
    assert len(class_) >= 4
    assert similar_pairs(class_, given(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_with_other_names_comments_and_layout_is_found(name):
    class_ = independent(name)
    copied = {function: renamed(source) for function, source in class_["student1"].items()}
    assert all(copied[function] != class_["student1"][function] for function in copied)
    (pair,) = similar_pairs(class_ | {"zoe": copied}, given(name))
    assert {pair.first, pair.second} == {"student1", "zoe"}
    assert pair.score > 0.9


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_of_half_of_the_answers_is_found_and_named(name):
    class_ = independent(name)
    functions = sorted(class_["student0"], key=lambda function: -len(class_["student0"][function]))
    half = functions[: (len(functions) + 1) // 2]
    mixed = dict(class_.pop("student3")) | {function: renamed(class_["student0"][function]) for function in half}
    (pair,) = similar_pairs(class_ | {"zoe": mixed}, given(name), least_score=0.25)
    assert {pair.first, pair.second} == {"student0", "zoe"}
    assert set(pair.functions) <= set(half)


def test_reordered_statements_are_found():
    source = "\n".join(["def f(a, b):", *(f"    x{i} = torch.{name}(a, dim={i}) * {i + 3}" for i, name in enumerate(
        ["amax", "amin", "mean", "std", "var", "norm", "prod", "median"])), "    return x1"])  # fmt: skip
    lines = source.splitlines()
    shuffled = "\n".join([lines[0], *reversed(lines[1:-1]), lines[-1]])
    others = {f"s{i}": {"f": f"def f(a, b):\n    return a.sum() * {i} + b.prod() ** {i}"} for i in range(6)}
    (pair,) = similar_pairs({"ada": {"f": source}, "bob": {"f": shuffled}} | others)
    assert (pair.first, pair.second) == ("ada", "bob")


def test_answers_like_the_master_or_the_stub_are_no_evidence():
    master, released = given("saliency")
    assert similar_pairs({"ada": master, "bob": master, "cy": released, "dee": released}, [master, released]) == []


def test_a_ring_is_found_in_a_large_class_in_little_time():
    pool = [entry for name in NAMES for entry in misconceptions(name, course=COURSE)]
    sums = ["def g():\n    return " + "+".join(str(i * j) for j in range(30)) for i in range(400)]
    class_ = {f"s{i:04}": {"f": pool[i % len(pool)].source, "g": sums[i]} for i in range(400)}
    stolen = "def g():\n    return [" + ", ".join(f"math.pow({i}, x[{i}]) / {i + 1}" for i in range(12)) + "]"
    for student in ["s0007", "s0011", "s0013"]:
        class_[student] = {"g": stolen}
    start = time.monotonic()
    found = {(pair.first, pair.second) for pair in similar_pairs(class_) if pair.functions == ("g",)}
    assert found == {("s0007", "s0011"), ("s0007", "s0013"), ("s0011", "s0013")}
    assert time.monotonic() - start < 10


def test_winnowing_sees_every_common_passage_of_its_guaranteed_length():
    words = [f"w{i % 17}{i // 5}" for i in range(60)]
    passage = words[20 : 20 + K + WINDOW - 1]
    other = [f"z{i}" for i in range(30)] + passage + [f"y{i}" for i in range(30)]
    assert set(winnow(kgrams(words))) & set(winnow(kgrams(other)))


def test_winnowing_keeps_the_example_of_the_paper():
    # Schleimer et al. 2003, figure 2: hashes, and those selected with windows of four
    hashes = [77, 74, 42, 17, 98, 50, 17, 98, 8, 88, 67, 39, 77, 74, 42, 17, 98]
    assert list(winnow(hashes)) == [17, 17, 8, 39, 17]


def test_tokens_survive_what_is_no_python():
    assert tokens("def f(x:\n  return (((") == ["def", "name", "(", "name", ":", "return", "(", "(", "("]
    assert tokens("\x00\ud800'''") is not None
    assert similar_pairs({}) == similar_pairs({"ada": {}}) == similar_pairs({"ada": {"f": ""}, "bob": {"f": ""}}) == []


def test_strings_and_comments_do_not_matter():
    plain = tokens("def f(x):\n    raise ValueError('no')")
    assert tokens('def g(y):  # why\n    """Doc."""\n    raise ValueError("other " "words")  # so') == plain
    assert not re.search("why|Doc|other", " ".join(plain))
