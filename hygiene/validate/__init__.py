"""Whether it is an address, and whether its domain can take mail."""
