"""Should this campaign go out, and to whom not? Asked before it does."""
