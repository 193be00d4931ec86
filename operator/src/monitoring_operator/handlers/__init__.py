"""kopf glue: watches feed the store and wake keys. Nothing is decided here."""
