"""What the pure parts cost in processor time, warm: rendering a profile, and judging one for the admission webhook."""

import statistics
import time
from collections.abc import Callable

from harness.content.profiles import profile
from harness.fake_cluster import profile_body
from monitoring_operator.admission.review import answer
from monitoring_operator.api.foreseen import Foreseen
from monitoring_operator.api.resources import PROFILE
from monitoring_operator.render import Inputs, render

REPEATS = 50
RULE = {"expr": "sum(rate(x[5m])) > 1", "severity": "warning", "summary": "Too many."}


def measure() -> dict[str, float]:
    """Median milliseconds of processor time.

    `render`: a profile with every alert and dashboard. `review`: one with 20 rules of its own, as the webhook is asked about it.
    """
    whole = profile()
    body = profile_body(alerts={"extra": [{**RULE, "alert": f"A{i}"} for i in range(20)]})
    kind = {"group": PROFILE.group, "version": PROFILE.version, "kind": PROFILE.kind}
    request = {"uid": "u", "kind": kind, "operation": "CREATE", "object": body}
    asked = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return {
        "render": _milliseconds(lambda: render(whole, Inputs())),
        "review": _milliseconds(lambda: answer(asked, lambda _now, _before: Foreseen())),
    }


def _milliseconds(work: Callable[[], object]) -> float:
    work()
    took = []
    for _ in range(REPEATS):
        started = time.process_time()
        work()
        took.append(time.process_time() - started)
    return statistics.median(took) * 1000
