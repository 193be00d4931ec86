"""Proof that a profile's alerts work: promtool's rule tests, made from the profile's own thresholds, waits and scrape interval.

A room of its own, because both the command line and the tests of the catalogue ask the same questions. It makes data and runs nothing.
"""
