"""Measured, not guessed: generators and runners; `python -m bench`."""
