"""`make bench`: runs the phases against an API server of its own and prints the table."""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
from pathlib import Path

from harness.bench import pure
from harness.bench.run import Run
from harness.bench.table import table
from harness.process import reach_loopback_directly


def main() -> int:
    """Exit code."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=", description=__doc__)
    parser.add_argument("--profiles", type=int, default=500, help="how many profiles (default: 500)")
    parser.add_argument("--runs", type=int, default=1, help="how many runs; the table shows medians")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds for which the operator is watched doing nothing")
    parser.add_argument("--out", type=Path, help="a file to which each run's figures are added, a line of JSON each")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    reach_loopback_directly()
    results = []
    for _ in range(args.runs):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            results.append({"pure": pure.measure(), **asyncio.run(Run(Path(folder), args.profiles, args.idle).measure())})
        if args.out:
            with args.out.open("a") as out:
                out.write(json.dumps({"profiles": args.profiles, **results[-1]}) + "\n")
    print(table(results, args.profiles))
    return 0


if __name__ == "__main__":
    sys.exit(main())
