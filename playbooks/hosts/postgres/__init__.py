"""Talking to PostgreSQL: connections, its tools, and questions to its catalogue."""
