"""Which of several replicas may write: by a Lease, and never two at once."""
