"""Every benchmark of the network on the accelerator of this machine, and one table of them all in the end.

python benchmarks/gpu.py [--device auto] [--rounds 5]
"""

import statistics
import sys

import backward
import occlusion
import style
import torch
import units
from pairs import REPORTED, options


def main() -> int:
    """Print the reports and the table; 1 if results differ from a peer's, or if there is no accelerator."""
    asked = options(__doc__.splitlines()[0], rounds=5, device="auto")
    if asked.device.type == "cpu":
        print("There is no accelerator here: nothing to measure. The benchmarks run on the CPU one by one.")
        return 1
    sys.argv[1:] = ["--device", str(asked.device), "--rounds", str(asked.rounds)]
    failed = [module.__name__ for module in (occlusion, backward, units, style) if module.main()]
    name = torch.cuda.get_device_name(asked.device) if asked.device.type == "cuda" else asked.device.type
    print(f"\n| on {name}, torch {torch.__version__} | milliseconds, median | times ours |\n|---|---|---|")
    for title, comparison in REPORTED:
        for contender, seconds in comparison.seconds.items():
            milliseconds = 1e3 * statistics.median(seconds)
            print(f"| {title}: {contender} | {milliseconds:.1f} | {comparison.ratio(contender):.2f} |")
    print(f"Different results: {', '.join(failed) or 'none'}.")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
