"""The sender's side: who refused us, since when, how much of our mail, whom to write to, and what to take back."""
