"""Analysts' pages and the HTTP API."""
