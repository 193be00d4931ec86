"""`make demo` keeps its promise: it is the first thing that a newcomer sees."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_demo_goes_through() -> None:
    """Children appear and are counted, the rule follows the threshold, both damaged children are healed, the exit code is 0."""
    # Where a proxy is set, what listens on the loopback address must be reached without it.
    proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), "http://127.0.0.1:9")
    environment = {k: v for k, v in os.environ.items() if k.lower() != "no_proxy"} | proxies | {"PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run([sys.executable, "-m", "harness.demo"], env=environment, capture_output=True, text=True, timeout=240, check=False)
    lines = done.stdout.splitlines()

    assert (0, "") == (done.returncode, done.stderr), done.stdout
    appeared = re.findall(r"^   \+ +[\d.]+ s  (\w+) +(\S+)(  \(shared by all profiles\))?$", done.stdout, re.MULTILINE)
    assert {"ServiceMonitor", "PrometheusRule", "ConfigMap", "Secret"} == {kind for kind, *_ in appeared}
    children = [name for _, name, shared in appeared if not shared]
    assert f"demo: analytics/ga4-analytics is Ready with {len(children)} children" == lines[-1]
    assert ["   -   > 0.02", "   +   > 0.1"] == [line for line in lines if "  > 0." in line]
    assert 3 == len(re.findall(r"^   ✓ .* after \d+ ms$", done.stdout, re.MULTILINE))
    assert "\033" not in done.stdout
