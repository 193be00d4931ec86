"""Is it live? What the cluster's Prometheus and Alertmanager objects would take up of what we write."""
