"""The whole product in one command: a workspace, the bot and a stack that it operates."""
