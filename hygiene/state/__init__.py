"""The state folder: Delta Lake tables, each commit atomic and on disk before anything is published.

Delta, because its commits are atomic, its past can be read again, and polars, Spark and every warehouse read its files.
Texts stay out of the commit log's statistics: they hold addresses, and the log outlives the data files of an erasure.
"""

from hygiene.state.table import StateTable

__all__ = ["StateTable"]
