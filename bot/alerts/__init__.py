"""Alerts: taken in, folded into groups, shown, acknowledged and silenced."""
