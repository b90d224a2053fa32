"""Are outputs left out wherever they stand, and nothing else, without the notebook ever being decoded?"""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.reading.outputs import without_outputs
from grading.reading.submission import MAX_BYTES, notebook_of, read_file

LARGE = 10**6


def cell(outputs, **more):
    return {"cell_type": "code", "source": "x = '\"outputs\": [1]'", "outputs": outputs, "metadata": {}, **more}


def emptied(content):
    """What json gives, with the outputs of each cell taken away."""
    for one in content.get("cells", []):
        if isinstance(one, dict) and isinstance(one.get("outputs"), list):
            one["outputs"] = []
    return content


TEXT = st.text(max_size=6) | st.sampled_from(['"', "\\", '\\"', '"outputs": [', "]}", "cells"])
VALUE = st.recursive(
    st.none() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | st.just("outputs"), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.builds(cell, st.lists(VALUE, max_size=3), attachments=VALUE), max_size=3), VALUE, st.booleans())
def test_what_is_left_is_what_json_reads_without_the_outputs(cells, metadata, indented):
    content = {"metadata": {"outputs": [metadata]}, "cells": cells, "nbformat": 4}
    data = json.dumps(content, indent=1 if indented else None).encode()
    assert json.loads(without_outputs(data, LARGE)) == emptied(json.loads(data))


def test_the_cells_of_an_old_format_are_found_as_well():
    content = {"worksheets": [{"cells": [cell([1, 2])]}], "nbformat": 3}
    (left,) = json.loads(without_outputs(json.dumps(content).encode(), LARGE))["worksheets"][0]["cells"]
    assert left["outputs"] == []


@pytest.mark.parametrize("data", [b"", b"[[[", b'{"cells": [{"outputs": ["', b"]", b'{"a": 1]}', b"\xff\xfe", b'"\\'])
def test_what_is_no_json_is_left_as_it_is(data):
    assert without_outputs(data, LARGE) == data


def test_what_is_too_long_without_its_outputs_is_cut():
    data = json.dumps({"cells": [cell([], source=5000 * "x")]}).encode()
    assert len(without_outputs(data, 100)) == 101
    assert without_outputs(data, 100) == data[:101]


def test_a_film_among_the_outputs_is_passed_over_in_bounded_memory(tmp_path):
    film = {"output_type": "display_data", "data": {"video/mp4": "A" * (40 * 2**20)}}
    path = tmp_path / "film.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": [cell([film]), cell([film])]}))
    tracemalloc.start()
    content = notebook_of(read_file(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [one["outputs"] for one in content["cells"]] == [[], []]
    assert peak < MAX_BYTES
