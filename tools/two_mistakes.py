"""How often are two mistakes at once named rightly? Pairs are drawn from the catalogue over all functions.

Half of the pairs are for tuning, the other half is held back; both are reported. A pair is written into one function by
putting the edits of both entries into a right text of the catalogue's style, or into the master's. The search does the
same, so this measures what cannot be told apart and what takes too long, not a student's own style.

    python tools/two_mistakes.py [--pairs 200] [--seed 1]
"""

import argparse
import json
import random
from collections import Counter

from grading.config import Course
from grading.config.settings import Settings, Times
from grading.examine import shared_zygote
from grading.examine.examiner import examine
from grading.examine.explain import pairs
from grading.examine.job import Job
from grading.masters.assignment import Assignment
from grading.masters.bundle import Bundle, Cell


def candidates(bundle: Bundle) -> dict[str, list[tuple[set[str], str]]]:
    """For each function the pairs that one text can make: their names and the source."""
    found: dict[str, list[tuple[set[str], str]]] = {}
    for cell in bundle.answers:
        for function in cell.defines:
            entries = [wrong for wrong in bundle.catalogue if wrong.function == function]
            found[function] = [
                ({a.name, b.name}, source) for a, b, source in pairs.together(entries, bundle.right_texts(function))
            ]
    return found


def verdict(zygote: str, bundle: Bundle, function: str, source: str, made: set[str]) -> str:
    """What the feedback says of a pair."""
    cells = tuple(Cell(c.id, source if function in c.defines else c.source, c.defines) for c in bundle.answers)
    seeds = {test.grade_id: 7 for test in bundle.tests if test.function in {function, *bundle.behind(function)}}
    items = examine(Job(bundle, (*bundle.setup, *cells), seeds, Times()), zygote=zygote)
    lost = [item for item, test in zip(items, _asked(bundle, seeds), strict=True) if test.function == function]
    if all(item.earned for item in lost):
        return "no loss: together they are right"
    named = {name for item in lost for name in item.misconception.split(" + ") if name}
    if not named:
        return "no name"
    if named - made:
        return "a wrong name"
    return "both named" if named == made else "one of the two named"


def _asked(bundle: Bundle, seeds: dict[str, int]) -> list:
    return [test for test in bundle.tests if test.grade_id in seeds]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    course = Course.from_environment()
    zygote = shared_zygote.zygote(json.dumps(Settings(level="unsafe").to_json(), sort_keys=True))
    bundles = [Assignment(course, name).bundle for name in course.names()]
    pools = [(bundle, function, found) for bundle in bundles for function, found in candidates(bundle).items() if found]
    halves: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for number in range(options.pairs):
        bundle, function, found = pools[number % len(pools)]
        made, source = draw.choice(found)
        said = verdict(zygote, bundle, function, source, made)
        halves[number % 2][said] += 1
        if said in ("a wrong name", "no name"):
            print(f"{function}: {' + '.join(sorted(made))}: {said}", flush=True)
    for name, half in zip(("for tuning", "held back"), halves, strict=True):
        print(f"{name}, {half.total()} pairs: " + "; ".join(f"{said} {count}" for said, count in half.most_common()))


if __name__ == "__main__":
    main()
