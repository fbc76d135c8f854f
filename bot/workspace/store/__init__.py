"""What the workspace remembers: SQLite, one connection, one thread."""
