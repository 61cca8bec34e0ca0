"""Page to Article: no network, no database, no clock."""
