"""Where shards run: how many a job needs, and one after the other from the disk."""
