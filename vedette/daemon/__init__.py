"""The composition root of the daemon: its worker processes and their supervision."""
