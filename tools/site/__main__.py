"""Write what the site's pages read into a folder: `python -m tools.site FOLDER [--numbers FOLDER]`.

With `--numbers`, numbers from PyTorch go into a second folder, which the tests of the page's mathematics are held to.
The same package gives the same bytes.
"""

import argparse
from pathlib import Path

from tools.site.export import export


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--numbers", type=Path)
    options = parser.parse_args()
    export(options.folder, options.numbers)


if __name__ == "__main__":
    main()
