"""The command line: the same rendering and checking as the operator's, without a cluster, and `diff` and `run` with one."""
