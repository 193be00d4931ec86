"""Alert groups as YAML and dashboards as small builders: what the product knows about monitoring."""
