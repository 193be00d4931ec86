"""Bounds the values of every label, because one careless tenant name a request is all it takes to sink a Prometheus server.

The bound is kept per label and not per metric: beyond it only that label becomes `__other__`, the labels beside it stay, so sums
stay exact and filters such as `status="error"` keep working. First come stays first served for the life of the process, since a
counter that changed its labels would show increases that never happened.
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping

OTHER = "__other__"
"""The value that stands for all that came after the bound was reached."""
MAX_VALUES = 99
"""Default bound of values per label, `__other__` included: fewer than 100."""
MAX_LENGTH = 128
"""Longer values are cut; Prometheus servers with `label_value_length_limit` would refuse the whole scrape."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_log = logging.getLogger("app_metrics")


def clean(value: object) -> str:
    """`value` as a label value: text without control characters or lone surrogates, at most 128 characters; None is empty."""
    return _CONTROL.sub("_", "" if value is None else str(value))[:MAX_LENGTH]


class Guard:
    """Admits label values up to a bound per label.

    `limits` overrides the bound of single labels (values in all, `__other__` included; at least 1); `pinned` values are always
    admitted and count towards the bound. `on_overflow(metric, label)` is called for each folded value, before its series is made.
    """

    def __init__(
        self,
        limits: Mapping[str, int] | None = None,
        pinned: Mapping[str, Iterable[str]] | None = None,
        on_overflow: Callable[[str, str], None] | None = None,
    ) -> None:
        self._limits: dict[str, int] = {}
        self._pinned: dict[str, set[str]] = {}
        self._on_overflow = on_overflow
        self._admitted: dict[str, set[str]] = {}
        self._warned: set[str] = set()
        self.agree: Callable[[str, str, set[str], int], bool] | None = None
        """Asked before a new value is admitted, where several processes share a bound: whether all of them admit it. Given the label,
        the value, what this process has admitted (and is to learn of the others' choices) and the label's bound.
        """
        self.configure(limits, pinned)

    def configure(self, limits: Mapping[str, int] | None = None, pinned: Mapping[str, Iterable[str]] | None = None) -> None:
        """Changes the bounds of these labels and pins more values. What was admitted before stays.

        Raises ValueError for a bound below 1.
        """
        for label, limit in (limits or {}).items():
            if limit < 1:
                raise ValueError(f"limits[{label!r}] must be at least 1, not {limit}")
        self._limits.update(limits or {})
        for label, values in (pinned or {}).items():
            cleaned = {clean(value) for value in values}
            self._pinned.setdefault(label, set()).update(cleaned)
            self._admitted.setdefault(label, set()).update(cleaned)

    def admit(self, metric: str, label: str, value: object) -> str:
        """The value to record for `label`: `value` cleaned, or `__other__` once the label is full."""
        text = clean(value)
        admitted = self._admitted.get(label)
        if admitted is None:
            admitted = self._admitted[label] = set(self._pinned.get(label, ()))
        if text in admitted or text == OTHER:
            return text
        limit = self._limits.get(label, MAX_VALUES)
        if len(admitted) < limit - 1 and (self.agree is None or self.agree(label, text, admitted, limit)):
            admitted.add(text)
            return text
        if label not in self._warned:
            self._warned.add(label)
            _log.warning("label %s has reached its limit of %d values; further ones are recorded as %s", label, limit, OTHER)
        if self._on_overflow is not None:
            self._on_overflow(metric, label)
        return OTHER

    def values(self) -> dict[str, int]:
        """How many values each label has been given, `__other__` not counted."""
        return {label: len(admitted) for label, admitted in self._admitted.items()}

    def clear(self) -> None:
        """Forgets all that was admitted."""
        self._admitted.clear()
        self._warned.clear()
