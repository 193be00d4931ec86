"""monitoring-operator: from one MonitoringProfile to scraping, alerts, notifications and dashboards that are really live."""
