"""The switches by which the users of a stack see that it is under maintenance."""
