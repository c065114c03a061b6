"""What happened to earlier mail? Every event once, kept compactly by month, whatever files it came in."""
