"""One form and one key per recipient: what was meant by a cell, and which cells mean the same mailbox."""
