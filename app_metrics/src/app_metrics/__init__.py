"""Metrics and error tracking for FastAPI and Starlette applications."""
