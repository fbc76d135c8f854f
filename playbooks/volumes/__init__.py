"""What is mounted into containers, as trees of files that go in and out through the engine."""
