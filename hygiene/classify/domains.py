"""What kind of domain it is: thrown away after use, a relay to a reader's mailbox, parked; and who runs its mailboxes.

All from pinned lists (policy/lists). A relay is a real subscriber and is never called disposable.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

import polars as pl

from hygiene.policy.references import reference

STRETCH_ROWS = 4_000_000
"""To find the distinct among so many rows at once takes 0.2 GiB; among fifty million, 1.1."""


def distinct_domains(parts: Iterable[pl.LazyFrame]) -> pl.DataFrame:
    """`domain` of all parts, each once, in no order: one part after the other, so that memory goes by domains."""
    seen = pl.DataFrame(schema={"domain": pl.String})
    for part in parts:
        seen = pl.concat([seen, part.select("domain").unique().collect()]).unique()
    return seen


def stretches(rows: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    """The rows in parts of STRETCH_ROWS; of files, each is read in part."""
    count = rows.select(pl.len()).collect().item()
    return (rows.slice(first, STRETCH_ROWS) for first in range(0, count, STRETCH_ROWS))


def domain_risk(domain: pl.Expr) -> pl.Expr:
    """`relay` or `disposable` for a listed domain (an A-label) or a sub-domain of one, else null."""
    is_relay = _is_below(domain, reference("relay").entries)
    is_disposable = _is_below(domain, reference("disposable").entries)
    return pl.when(is_relay).then(pl.lit("relay")).when(is_disposable).then(pl.lit("disposable"))


def is_parked(targets: pl.Expr) -> pl.Expr:
    """Whether every mail exchanger of `targets` (DNS_ANSWERS) serves parked domains; null where none is known."""
    hosts = "|".join(re.escape(host) for host in reference("parked_mx").entries)
    return targets.str.contains(rf"(?i)^(?:\d+ (?:[^ ;]+\.)?(?:{hosts})\.?(?:; |$))+$")


def provider_of(domain: pl.Expr) -> pl.Expr:
    """The mailbox provider of a consumer domain (an A-label), else null."""
    return domain.map_batches(_by_domain, return_dtype=pl.String, is_elementwise=True)


def provider_of_mx(targets: pl.Expr) -> pl.Expr:
    """Who takes mail at the first known mail exchanger of `targets` (DNS_ANSWERS): a filter or a host; else null."""
    return targets.map_batches(_by_mx, return_dtype=pl.String, is_elementwise=True)


def _is_below(domain: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    parent = domain.str.splitn(".", 2).struct.field("field_1")
    return domain.is_in(names) | parent.is_in(names).fill_null(False)


@cache
def _table(names: str) -> pl.DataFrame:
    """`name` and `provider` of policy/lists/providers.toml, for its `domains` or its `mx`."""
    rows = [(name, row["name"]) for row in reference("providers").tables["provider"] for name in row.get(names, ())]
    return pl.DataFrame(rows, schema={"name": pl.String, "provider": pl.String}, orient="row")


def _by_domain(domains: pl.Series) -> pl.Series:
    return _looked_up(domains, _table("domains"))


def _by_mx(targets: pl.Series) -> pl.Series:
    table = _table("mx")
    # The leftmost match is the best target's, as targets stand in order of preference.
    suffixes = "|".join(re.escape(name) for name in table["name"])
    return _looked_up(targets.str.extract(rf"(?i)[ .]({suffixes})\.?(?:;|$)", 1).str.to_lowercase(), table)


def _looked_up(names: pl.Series, table: pl.DataFrame) -> pl.Series:
    # A join, as `replace_strict` gathers the whole column before it begins.
    rows = pl.DataFrame({"name": names})
    return rows.join(table, on="name", how="left", maintain_order="left")["provider"]
