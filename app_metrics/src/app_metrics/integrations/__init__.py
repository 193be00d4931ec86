"""Libraries that are listened to, each behind an extra of its own name: nobody has to write a recorder call for them."""
