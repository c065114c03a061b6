"""Every rule, every threshold and every reference list, here and nowhere else."""
