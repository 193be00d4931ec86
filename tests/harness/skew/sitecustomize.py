"""A wall clock that can be set, for a Python process that has this folder on its PYTHONPATH.

The file that SKEW_FILE names holds the seconds by which the clock is wrong. The monotonic clock and TLS are left alone.
"""

import datetime
import os
import time
from pathlib import Path

_time = time.time
_file = Path(os.environ["SKEW_FILE"])


def _skewed() -> float:
    return _time() + float(_file.read_text())


class _Datetime(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "_Datetime":
        return cls.fromtimestamp(_skewed(), tz)


time.time = _skewed
datetime.datetime = _Datetime  # type: ignore[misc]
