"""Shapes that everything here shares."""

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""A JSON object whose keys are Slack's; validated where it comes in, plain data afterwards."""
