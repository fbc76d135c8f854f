"""Incidents: opened, steered, shown, and their timelines written."""
