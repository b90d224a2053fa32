"""Write docs/attacks.md: every attack, what must come of it, what did, and what stock nbgrader gives.

python tools/attack_table.py            runs the attacks against the sandbox (two minutes)
python tools/attack_table.py --stock    also runs the safe ones with stock nbgrader (a quarter of an hour)
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CLONE), str(CLONE / "tests" / "grading")]

from attacks import ATTACKS, stock  # noqa: E402
from attacks.run import Grader  # noqa: E402
from attacks.table import document  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stock", action="store_true", help="run stock nbgrader too, instead of taking its record")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
        if options.stock:
            stock.record(Path(folder, "stock"))
        grader = Grader(Path(folder, "engine"))
        answers = {attack.slug: grader.grade(attack) for attack in ATTACKS}
    (CLONE / "docs" / "attacks.md").write_text(document(answers), encoding="utf-8")


if __name__ == "__main__":
    main()
