"""Build the wheel for students: the package that notebooks import, without the grader and its command.

    python tools/wheel.py [FOLDER]        dist/student by default

Everything else is as in pyproject.toml: name, version, ranges of the dependencies.
"""

import argparse
import tomllib
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "cs182-grade"
EXTRAS = ("student", "lecture")


def build(folder: Path) -> Path:
    """Write the wheel into a folder and return its path."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    del project["project"]["scripts"][COMMAND]
    extras = project["project"]["optional-dependencies"]
    project["project"]["optional-dependencies"] = {name: extras[name] for name in EXTRAS}
    hatch = project["tool"]["hatch"]
    hatch["build"]["targets"]["wheel"]["packages"] = ["cs182viz"]
    metadata = ProjectMetadata(str(ROOT), PluginManager(), project)
    builder = WheelBuilder(str(ROOT), config=hatch, metadata=metadata)
    folder.mkdir(parents=True, exist_ok=True)
    return Path(next(builder.build(directory=str(folder), versions=["standard"])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist/student")
    wheel = build(parser.parse_args().folder)
    print(f"{wheel}: {wheel.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
