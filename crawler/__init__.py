"""Source to Page: polite fetching of what publishers show."""
