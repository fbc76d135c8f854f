"""Looking into a Redis server through its driver; nothing in it is changed."""
