"""Source kinds, one file each."""
