"""The API server's question whether a profile may be stored, answered with the words of `validate`."""
