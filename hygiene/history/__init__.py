"""What was read before: every event once, however often its file comes."""
