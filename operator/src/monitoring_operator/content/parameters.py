"""Named parameters in the catalogue's texts: `<<threshold>>`.

The YAML is parsed first and its strings are filled in afterwards, so no value can change the structure. Double angle brackets
mean nothing in PromQL, in Prometheus' templates (`{{ $labels }}`) and in Grafana (`$job`); every other usual delimiter does.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

_PARAMETER = re.compile(r"<<([a-zA-Z]+)>>")

_UNITS = {"ratio": " %", "percent": " %", "seconds": " s", "count": ""}


def expand(text: str, own: Mapping[str, str]) -> str:
    """`text` with the parameters that `own` defines replaced by their texts, which may hold parameters again; others stay."""
    return _PARAMETER.sub(lambda found: expand(own[found[1]], own) if found[1] in own else found[0], text)


def substitute(text: str, values: Mapping[str, str]) -> str:
    """`text` with every `<<name>>` replaced. Values are taken as they are, whatever they hold.

    Raises KeyError for a parameter that has no value.
    """
    return _PARAMETER.sub(lambda found: values[found[1]], text)


def number(value: float) -> str:
    """`value` as PromQL reads it, without float noise: `0.05`, `950`."""
    return repr(value).removesuffix(".0")


def human(value: float, unit: str) -> str:
    """A threshold as people say it: the ratio 0.05 is `5 %`, 5 seconds are `5 s`."""
    # Through the shortest decimal that is this float: 0.07 * 100 is 7.000000000000001.
    exact = Decimal(repr(float(value)))
    shown = exact * 100 if unit == "ratio" else exact
    return f"{shown.normalize():f}{_UNITS[unit]}"
