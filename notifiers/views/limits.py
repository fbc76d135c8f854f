"""Slack's limits, in characters unless said otherwise (docs.slack.dev, Block Kit reference)."""

TEXT = 3000
HEADER = 150
FIELD = 2000
FIELDS = 10
CONTEXT_ELEMENTS = 10
BUTTON_TEXT = 75
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
MODAL_TITLE = 24
MODAL_BLOCKS = 100
METADATA = 3000
MODAL_CHARACTERS = 120_000
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TABLE_CHARACTERS = 10_000
# Slack counts all blocks together in a way it does not publish; ours stay well below, as JSON.
PAGE_CHARACTERS = 11_000
PAGE_BLOCKS = 45
