"""What may a person ask for? A file per command: arguments, progress and exit codes; nothing is decided here."""
