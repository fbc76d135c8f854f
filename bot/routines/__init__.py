"""Routines: begun at their hours, looked at, ticked, told of once a week."""
