"""Metrics and error tracking for FastAPI and Starlette applications."""

from app_metrics.instrumentation import instrument
from app_metrics.registry import REGISTRY, Registry

__all__ = ["REGISTRY", "Registry", "instrument"]
