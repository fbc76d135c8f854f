"""Errors of the demo."""

from playbooks.errors import InterlockError


class DemoError(InterlockError):
    """The demo cannot start or go on; the hint says what to do."""
