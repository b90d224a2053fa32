"""Does the README say what is so?"""

import re
import subprocess
import sys

import pytest

from grading.config import CLONE

PAGES = ["README.md", *(f"docs/{path.name}" for path in sorted((CLONE / "docs").glob("*.md")))]


def test_the_table_of_counts_is_up_to_date():
    done = subprocess.run([sys.executable, CLONE / "tools" / "counts.py", "--check"], check=False)
    assert done.returncode == 0, "run `python tools/counts.py`"


def test_the_table_of_techniques_is_up_to_date_and_names_what_exists():
    done = subprocess.run(
        [sys.executable, CLONE / "tools" / "techniques.py", "--check"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_links_and_pictures_exist(page):
    path = CLONE / page
    for alt, target in re.findall(r"(?<!`)!?\[([^\]]*)\]\(([^)#]+)\)", path.read_text()):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), f"{page}: {target}"
        assert alt, f"{page}: {target} has no text"


def test_every_command_of_the_makefile_is_explained():
    done = subprocess.run(["make", "help"], cwd=CLONE, check=True, capture_output=True, text=True)
    named = {line.split()[0] for line in done.stdout.splitlines()}
    assert {"setup", "demo", "test", "lab", "lecture", "release", "gallery", "bench", "clean"} <= named
