"""Logs of mail servers: what their lines say of each recipient."""
