"""The figure that a soak ends with."""

import pytest

from harness.soak import slope


@pytest.mark.parametrize(
    ("samples", "expected"),
    [([], 0.0), ([(1.0, 5.0)], 0.0), ([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)], 2.0), ([(0.0, 7.0), (10.0, 7.0)], 0.0)],
)
def test_slope(samples: list[tuple[float, float]], expected: float) -> None:
    """Of a line, it is the line's; of nothing, none."""
    assert expected == pytest.approx(slope(samples))
