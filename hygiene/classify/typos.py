"""A slip of the finger on the way to a mailbox provider: `gmial.com`, `hotmial.co`, `yahoo.con`.

Only said of a domain that takes no mail itself, is parked, or stands below a wildcard; proposed, and never applied.
"""

from functools import cache, lru_cache

import polars as pl
from polars import col

from hygiene.classify.domains import is_parked
from hygiene.model.words import MxStatus
from hygiene.policy.references import reference

MOST_SLIPS = 2
LEAST_LENGTH = 8
"""Shorter domains are within two slips of too much: one slip is all that is believed of them."""
LEAST_LABEL = 5
TAKES_NO_MAIL = (
    MxStatus.NXDOMAIN,
    MxStatus.NO_DATA,
    MxStatus.NO_TARGET,
    MxStatus.NULL_MX,
    MxStatus.UNROUTABLE,
    MxStatus.SPF_REFUSES,
)


def typo_of(targets: pl.Expr, note: pl.Expr) -> pl.Expr:
    """The provider's domain that was most likely meant by `domain`, by its `mx_status` and what goes with it."""
    is_wildcard = note.str.split("+").list.contains("wildcard")
    is_doubtful = pl.any_horizontal(
        col("mx_status").is_in([status.value for status in TAKES_NO_MAIL]), is_parked(targets), is_wildcard
    )
    doubtful = pl.when(is_doubtful).then("domain")
    return doubtful.map_batches(_meant, return_dtype=pl.String, is_elementwise=True)


def suggestion() -> pl.Expr:
    """The address with that domain, from `address` and `typo_of`; else null."""
    meant = pl.when(col("typo_of").is_not_null()).then("address")
    return pl.concat_str(meant.str.extract(r"^(.*)@[^@]*$", 1), pl.lit("@"), col("typo_of"))


def _meant(domains: pl.Series) -> pl.Series:
    return pl.Series([domain and meant(domain) for domain in domains], dtype=pl.String)


@lru_cache(maxsize=100_000)
def meant(domain: str) -> str | None:
    """The consumer domain that is fewest slips away; None where none is near, or where two providers are as near."""
    if domain in _provider():
        return None
    most = MOST_SLIPS if len(domain) >= LEAST_LENGTH else 1
    near = {name for part in _with_gaps(domain, most) for name in _table().get(part, ())}
    ranked = {name: found for name in near if (found := slips(domain, name)) <= most}
    if same_name := _endings().get(domain.partition(".")[0]):
        ranked[same_name] = 1
    least = min(ranked.values(), default=0)
    nearest = sorted((name for name, found in ranked.items() if found == least), key=list(_provider()).index)
    return nearest[0] if len({_provider()[name] for name in nearest}) == 1 else None


def slips(one: str, other: str) -> int:
    """Letters missing, added, wrong or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            least = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and wanted == one[i - 2]:
                least = min(least, older[j - 2] + 1)
            row.append(least)
    return row[-1]


def _with_gaps(name: str, most: int) -> set[str]:
    """The name without up to so many of its letters: two names that are near have one of these in common."""
    found = shorter = {name}
    for _ in range(most):
        shorter = {part[:place] + part[place + 1 :] for part in shorter for place in range(len(part))}
        found = found | shorter
    return found


@cache
def _provider() -> dict[str, str]:
    """Consumer domain to its provider, from policy/lists/providers.toml; a provider's main domains come first."""
    return {name: row["name"] for row in reference("providers").tables["provider"] for name in row.get("domains", ())}


@cache
def _table() -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for name in _provider():
        for part in _with_gaps(name, MOST_SLIPS):
            table.setdefault(part, []).append(name)
    return table


@cache
def _endings() -> dict[str, str]:
    """First label to the main domain that has it, where it is long enough to mean no other: `yahoo` in `yahoo.xyz`."""
    table: dict[str, str] = {}
    for name in _provider():
        if len(label := name.partition(".")[0]) >= LEAST_LABEL:
            table.setdefault(label, name)
    return table
