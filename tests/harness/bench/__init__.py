"""How fast the operator brings many profiles into being, against the same writes made by a client without any operator.

Figures of one machine mean nothing on another, and little on the same machine an hour later: what counts are the ratios to `raw`,
which is measured in the same run against the same API server. Linux only: CPU and memory are read from /proc.
"""
