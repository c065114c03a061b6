"""Between the ledger and other systems: what they must learn, what they were told, where the two disagree."""
