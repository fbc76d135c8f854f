"""A Slack-compatible workspace on this machine: Web API, Socket Mode, signed HTTP, a page."""
