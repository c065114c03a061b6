"""Evidence, rules and policy make one verdict per row."""
