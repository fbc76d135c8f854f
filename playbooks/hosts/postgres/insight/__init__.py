"""Looking into a PostgreSQL server, by sessions that can only read."""
