"""Cleaned lists, audit trail and suppression files of a run: whole, or not at all."""
