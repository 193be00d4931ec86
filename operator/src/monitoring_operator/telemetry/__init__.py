"""The operator's own metrics: what its users alert on when it is the operator that is ill."""

from monitoring_operator.telemetry.instruments import Telemetry
from monitoring_operator.telemetry.state import Picture

__all__ = ["Picture", "Telemetry"]
