"""Block Kit as data: which blocks, elements and views Slack accepts, and what it answers."""
