"""Versions as they stand in image tags and annotations."""

import re

from monitoring_operator.doctor.facts import Object

Version = tuple[int, int]
_VERSION = re.compile(r"v?(\d+)\.(\d+)")


def parsed(text: str) -> Version | None:
    """Major and minor of a version such as `v0.85.0`; None for anything else, such as `latest`."""
    found = _VERSION.match(text)
    return (int(found[1]), int(found[2])) if found else None


def of_image(image: str) -> str:
    """The tag of an image reference; empty without one."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def name_of_image(image: str) -> str:
    """The last part of an image's repository: `prometheus-operator` of `quay.io/prometheus-operator/prometheus-operator:v0.85.0`."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def containers(workload: Object) -> list[Object]:
    """The containers of a pod, or of what makes pods (as JSON), in whatever way they run."""
    pod = (workload["spec"].get("template") or workload)["spec"]
    # Newer charts run sidecars as init containers that are always restarted.
    return [*(pod.get("containers") or ()), *(pod.get("initContainers") or ())]


def in_words(version: Version) -> str:
    """`1.31`."""
    return f"{version[0]}.{version[1]}"
