"""The example in a hurry: what makes its alerts fire within seconds, and the faults that fire them."""

INTERVAL = "1s"
HURRY = {
    "scrape": {"interval": INTERVAL, "timeout": INTERVAL},
    "alerts": {"rules": {"Ga4ApiHighErrorRate": {"for": "2s", "minEvents": 10}, "SseConnectionsHigh": {"for": "2s"}}},
    "notifications": {"groupWait": "1s"},
}
"""What is merged into the example's spec."""
FAULTS = ("ga4-errors", "sse-high")
"""One that pages and one that writes to a channel."""
