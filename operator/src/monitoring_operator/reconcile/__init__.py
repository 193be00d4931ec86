"""gather -> render -> apply -> judge, for one key at a time. Knows a `Cluster`, never kopf."""
