"""The way to the API server: who we are there, and the `Cluster` protocol over HTTP. The only room that sends requests of its own."""

from monitoring_operator.cluster.client import PAGE, KubernetesCluster, LeaseRequests
from monitoring_operator.cluster.connection import Connection, NoCluster
from monitoring_operator.cluster.kubeconfig import locate

__all__ = ["PAGE", "Connection", "KubernetesCluster", "LeaseRequests", "NoCluster", "locate"]
