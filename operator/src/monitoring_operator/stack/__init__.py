"""The cluster's monitoring on one machine: the same children, taken up by a Prometheus and an Alertmanager without Kubernetes."""
