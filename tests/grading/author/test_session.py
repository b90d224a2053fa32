"""The session in docs/authoring.md, from an empty folder to grades, run word for word."""

import os
import re
import subprocess
import sys
from pathlib import Path

from grading.author.skeleton import skeleton
from grading.config import CLONE

PAGE = (CLONE / "docs" / "authoring.md").read_text(encoding="utf-8")


def commands(page: str) -> list[tuple[str, str]]:
    """The commands of the page's sessions, each with what it should print."""
    blocks = re.findall(r"```console\n(.*?)```", page, flags=re.DOTALL)
    parts = re.split(r"^\$ ", "".join(blocks), flags=re.MULTILINE)[1:]
    return [(first, rest) for first, _, rest in (part.partition("\n") for part in parts)]


def plain(text: str, folder: str = "") -> str:
    """Text without what differs from machine to machine: folders, seconds, SQLite's version, the least isolation."""
    text = text.replace(folder, "~/course") if folder else text
    text = re.sub(r"\d+\.\d\d s", "0.00 s", text)
    text = re.sub(r"at least \w+", "at least full", re.sub(r"SQLite [\d.]+", "SQLite 3", text))
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())


def run(lines: list[str], folder: Path) -> list[str]:
    """Give the commands in one shell, in a folder; returns what each printed."""
    script = "\n".join(f"echo '@@@'; {line}" for line in lines)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=os.environ | {"PATH": path, "PYTHONPATH": str(CLONE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout.split("@@@\n")[1:]


def test_the_session_of_the_page_prints_what_the_page_says(tmp_path):
    (tmp_path / "solutions").mkdir()
    # confined as well as this machine can; its tests say elsewhere how well that is
    (tmp_path / "solutions" / "grading.toml").write_text('level = "unsafe"\n')
    session = commands(PAGE)
    assert len(session) > 8
    said = run([command for command, _ in session], tmp_path)
    for (command, expected), printed in zip(session, said, strict=True):
        assert plain(printed, str(tmp_path)) == plain(expected), command


def test_the_question_on_the_page_is_the_skeletons():
    made = skeleton("k_means")
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    cells = [cell.source for cell in made.master.cells if cell.get("id") in ("scale_to_one", "test_scale_to_one")]
    assert [block.rstrip("\n") for block in blocks[:2]] == cells
    for function in blocks[2].split("\n\n\n"):
        assert function.strip() in made.misconceptions + made.right_versions
