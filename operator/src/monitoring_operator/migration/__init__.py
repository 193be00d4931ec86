"""From monitoring that was written by hand to a profile: what can be taken over is, and everything else is named with the reason."""
