"""Collect the C that the network of `cells` learns from: sources of Debian's packages, public domain and permissive.

python tools/cells/collect.py FOLDER        needs apt-get and a way to deb.debian.org; nothing is installed

The folder then holds `sqlite/`, `lua/`, `zlib/`, and `SOURCES.json` with version, licence and hash of each archive.
"""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

SERVER = "deb-src http://deb.debian.org/debian bookworm main\n"
SOURCES = {
    "sqlite": {
        "package": "sqlite3",
        "licence": "public domain (sqlite.org/copyright.html)",
        "files": ["src/*.c", *(f"ext/{name}/*.c" for name in ("fts3", "fts5", "rtree", "session", "misc"))],
        "without": ["src/test*.c", "src/tclsqlite.c"],
    },
    "lua": {"package": "lua5.4", "licence": "MIT", "files": ["src/*.c"], "without": []},
    "zlib": {"package": "zlib", "licence": "zlib", "files": ["*.c"], "without": []},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    about = {}
    with tempfile.TemporaryDirectory() as place:
        try:
            download(Path(place), [source["package"] for source in SOURCES.values()])
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"the sources cannot be had: {error}. Is there apt-get, and a way to deb.debian.org?")
        for name, source in SOURCES.items():
            archive = next(Path(place).glob(f"{source['package']}_*.orig.tar.*"))
            about[name] = {
                "archive": archive.name,
                "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
                "licence": source["licence"],
                "files": unpack(archive, source, folder / name),
            }
    (folder / "SOURCES.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def download(place: Path, packages: list[str]) -> None:
    """Let apt fetch source archives into a folder, with lists of its own, so that the machine's stay as they are."""
    (place / "lists" / "partial").mkdir(parents=True)
    (place / "cache" / "archives" / "partial").mkdir(parents=True)
    (place / "sources.list").write_text(SERVER)
    options = {
        "Dir::Etc::sourcelist": place / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State::Lists": place / "lists",
        "Dir::Cache": place / "cache",
        "APT::Sandbox::User": "root",
    }
    apt = ["apt-get", "-q", *(word for key, value in options.items() for word in ("-o", f"{key}={value}"))]
    subprocess.run([*apt, "update"], check=True)
    subprocess.run([*apt, "source", "--download-only", *packages], check=True, cwd=place)


def unpack(archive: Path, source: dict, folder: Path) -> int:
    """Take the files that are wanted out of an archive, all into one folder; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with tarfile.open(archive) as tar:
        for member in tar:
            inner = member.name.partition("/")[2]  # without the archive's own folder
            depth = {pattern.count("/") for pattern in source["files"] if fnmatch.fnmatch(inner, pattern)}
            without = any(fnmatch.fnmatch(inner, pattern) for pattern in source["without"])
            if member.isfile() and inner.count("/") in depth and not without:
                (folder / Path(inner).name).write_bytes(tar.extractfile(member).read())
                count += 1
    return count


if __name__ == "__main__":
    main()
