"""What each ESP and MTA writes and takes, as data: one file per system, read by ingest and by export."""
