"""What does it mean: bounces, roles, risky domains and engagement, as columns."""
