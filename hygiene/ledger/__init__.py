"""What was decided before: suppressions and lifts, append-only and chained by hash, and the runs that made them."""
