"""A small GA4 analytics service: reports per tenant, search over them, and a stream of what visitors do."""
