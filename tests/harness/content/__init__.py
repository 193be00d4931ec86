"""Support for the tests of alerts and dashboards: profiles, PromQL taken apart, and rule tests made from a profile's own thresholds."""
