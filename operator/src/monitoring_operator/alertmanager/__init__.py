"""Who is told: the parts of all profiles merged into the one configuration that an Alertmanager reads. Pure."""
