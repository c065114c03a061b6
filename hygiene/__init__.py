"""Keeps mailing lists fit to send to.

    ingest → normalize → (lookup) → validate → classify → decide → publish
     files     one key     DNS once    syntax     what does     one       lists, audit,
     to rows   per person  per domain  and MX     it mean?      verdict   suppression files

`hygiene.clean` decides about rows of a polars frame; `hygiene.run` is the nightly job of a file; `hygiene.Policy` holds
every number that either goes by.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hygiene.api import clean as clean
    from hygiene.config import load_job as load_job
    from hygiene.flow import plan as plan
    from hygiene.flow import run as run
    from hygiene.policy.policy import Policy as Policy

__all__ = ["Policy", "clean", "load_job", "plan", "run"]

_WHERE = {
    "Policy": "hygiene.policy.policy",
    "clean": "hygiene.api",
    "load_job": "hygiene.config",
    "plan": "hygiene.flow",
    "run": "hygiene.flow",
}


def __getattr__(name: str) -> Any:
    """Imports what is asked for, so that `hygiene --help` does not pay for polars."""
    if name not in _WHERE:
        raise AttributeError(f"module 'hygiene' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
