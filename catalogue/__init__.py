"""Data that ships: sources, entities, starter topics."""
