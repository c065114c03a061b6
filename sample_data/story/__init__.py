"""Who is on the sample's lists, what happened to them in a year, and how three systems wrote it down."""
