"""The command `cs182viz`: opens the lecture, and trains its networks.

`cs182viz lecture` opens its notebooks in JupyterLab, `cs182viz lecture 4` only the fourth one, and `cs182viz lecture
--voila` serves the live demonstrations as pages without code. `cs182viz train` is in `cs182viz.training.command`.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CLONE = Path(__file__).resolve().parents[1]
PAGES = Path(__file__).parent / "data" / "jupyter"
"""Where Voila finds the frame of our pages."""
_LOST = ("@jupyter/nbgrader", "@jupyter-notebook/lab-extension")
"""Extensions that fail without JupyterLab around them."""
QUIET_PAGES = ("--template=cs182viz", f"--VoilaConfiguration.extension_denylist={list(_LOST)}")
"""Pages ask no other host for anything, and leave these out."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser, train = _parser()
    if arguments[:1] == ["train"]:
        from cs182viz.training import command as training  # with torch, which opening a notebook can do without

        training.add_command(train)
        return training.run(parser.parse_args(arguments))
    options = parser.parse_args(arguments)
    try:
        command = lecture_command(options.which, folder=options.folder, voila=options.voila, port=options.port)
    except (LookupError, ModuleNotFoundError) as problem:
        print(f"cs182viz lecture: {problem}", file=sys.stderr)
        return 2
    if options.no_browser:
        command.append("--no-browser")
    try:
        return subprocess.run(command, check=False, env=kernel_environment()).returncode
    except KeyboardInterrupt:  # Jupyter has asked its reader and is gone
        return 130


def lecture_command(which: str | None, *, folder: Path | None, voila: bool, port: int | None) -> list[str]:
    """Command line that opens the lecture.

    Parameters
    ----------
    which : number or part of the name of one notebook; None for the whole folder.
    folder : where the notebooks are; None looks in the working directory and beside the package.
    voila : serve the demonstrations as pages instead of opening notebooks.

    Raises
    ------
    LookupError
        No lectures there, or not exactly one of that name.
    ModuleNotFoundError
        The program that shows them is not installed.
    """
    lectures = find_lectures(folder)
    place = lectures / "demos" if voila else lectures
    target = one_notebook(place, which) if which else place
    tool = "voila" if voila else "jupyterlab"
    if importlib.util.find_spec(tool) is None:
        raise ModuleNotFoundError(f"{tool} is not installed: run `pip install 'cs182viz[lecture]'`")
    command = [sys.executable, "-m", tool, str(target)]
    if voila:
        command += ["--strip_sources=True", *QUIET_PAGES]
    if port:
        command.append(f"--port={port}" if voila else f"--ServerApp.port={port}")
    return command


def find_lectures(folder: Path | None) -> Path:
    """Folder of the lecture's notebooks."""
    places = [folder] if folder else [Path.cwd() / "lectures", CLONE / "lectures"]
    for place in places:
        if any(place.glob("[0-9][0-9]_*.ipynb")):
            return place.resolve()
    raise LookupError(
        f"no lecture notebooks in {' or '.join(str(place) for place in places)}. They are in the repository's folder "
        "lectures/: run this from a clone, or name the folder with --folder"
    )


def one_notebook(place: Path, which: str) -> Path:
    """The one notebook whose number or name fits."""
    everything = sorted(place.glob("*.ipynb"))
    number = which.zfill(2) if which.isdecimal() else None
    found = [path for path in everything if (path.stem.startswith(f"{number}_") if number else which in path.stem)]
    if len(found) == 1:
        return found[0]
    problem = f"{which!r} fits {'several notebooks' if found else 'no notebook'}"
    raise LookupError(f"{problem}; there are {', '.join(path.stem for path in found or everything)}")


def kernel_environment() -> dict[str, str]:
    """The environment for kernels, in which threads that wait for each other do not spin, and for Voila's pages.

    A demonstration computes in one thread while the page talks to another one.
    """
    places = os.pathsep.join(filter(None, [os.environ.get("JUPYTER_PATH"), str(PAGES)]))
    return {"OMP_WAIT_POLICY": "PASSIVE"} | os.environ | {"JUPYTER_PATH": places}


def _parser() -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """The command's parser, and that of `train`, which is not filled in yet."""
    parser = argparse.ArgumentParser(prog="cs182viz", description="The lecture on visualizing deep networks, live.")
    commands = parser.add_subparsers(required=True, metavar="{lecture,train}")
    lecture = commands.add_parser(
        "lecture", help="open the lecture's notebooks", epilog="Example: cs182viz lecture 4; cs182viz lecture --voila"
    )
    lecture.add_argument("which", nargs="?", help="number or part of the name of one notebook, such as 4 or dream")
    lecture.add_argument("--voila", action="store_true", help="serve the live demonstrations as pages without code")
    lecture.add_argument("--folder", type=Path, help="where the notebooks are, if not in this clone")
    lecture.add_argument("--port", type=int, help="port to serve at")
    lecture.add_argument("--no-browser", action="store_true", help="print the address instead of opening a browser")
    train = commands.add_parser(
        "train",
        help="train a network of the lecture again",
        epilog="Example: cs182viz train fast_style --pictures photos/ --minutes 60 --out trained/",
    )
    return parser, train


if __name__ == "__main__":
    sys.exit(main())
