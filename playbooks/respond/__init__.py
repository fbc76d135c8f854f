"""Alerts as they come in, how they are grouped, and when there are too many. Pure."""
