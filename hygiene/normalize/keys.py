"""What two rows must share to be one recipient (`address_key`) or one mailbox (`mailbox_key`).

Beyond letter case nothing is folded unless the provider documents it (policy/lists/mailbox_rules.toml): at any other
domain ann-lee@ and ann-roe@, a.b@ and ab@, ann@ and ann+x@ stay apart.
"""

from dataclasses import dataclass, fields
from functools import cache, lru_cache

import idna
import polars as pl

from hygiene.model.table import Frame
from hygiene.policy.references import reference

PLAIN = r"^[\x00-?A-\x7F]*@[\x00-?A-\x7F]*[\x00-\-/-?A-\x7F]$"
"""ASCII with one @, and no dot at the end: the address is its own key, in lower case."""

ODD = pl.Schema({"local_part": pl.String, "domain": pl.String, "address_key": pl.String})
"""What is worked out for an address that is not PLAIN."""

DOMAIN_MAX_LENGTH = 253
"""Octets of a domain name without its final dot (RFC 1035 section 2.3.4)."""

MOST_DOMAINS = 1 << 16
"""So many non-ASCII domains are remembered: a few come again and again."""


def with_keys(frame: Frame, column: str = "address") -> Frame:
    """The frame with `local_part`, `domain`, `address_key` and `mailbox_key` of the addresses in `column`.

    Without an @ there is no local part and no domain, and the key is the text itself; a domain that has no A-label is
    null. Nothing is trimmed or unquoted: that is repair's work.
    """
    halves = pl.col("_plain").str.splitn("@", 2).struct
    odd = pl.when(pl.col("_plain").is_null()).then(pl.col(column))
    return (
        frame.with_columns(_plain=plain_key(pl.col(column)))
        .with_columns(_odd=odd.map_batches(_odd_rows, return_dtype=pl.Struct(ODD), is_elementwise=True))
        .with_columns(
            local_part=pl.coalesce(halves.field("field_0"), _odd("local_part")),
            domain=pl.coalesce(halves.field("field_1"), _odd("domain")),
            address_key=pl.coalesce("_plain", _odd("address_key")),
        )
        .drop("_plain", "_odd")
        .with_columns(_mailbox_key())
    )


def plain_key(address: pl.Expr) -> pl.Expr:
    """`address_key` of an address in ASCII with one @, as nearly all are; null for the others."""
    lower = address.str.to_lowercase()
    return pl.when(lower.str.contains(PLAIN)).then(lower)


def bounce_scope_is_mailbox(domain: pl.Expr) -> pl.Expr:
    """Whether a hard bounce of one alias tells of the whole mailbox: only where every alias is the same login."""
    names = [name for rule in mailbox_rules() if rule.bounce_scope == "mailbox" for name in rule.domains]
    return domain.is_in(names)


@dataclass(frozen=True)
class Fold:
    """How the aliases of a mailbox become one name."""

    separator: str
    """What parts a tag from the name, such as `+`."""
    keeps_separator: bool = False
    """The name before the separator is not itself an address of the mailbox, so the separator stays in the key."""
    ignores_dots: bool = False
    one_domain: str = ""
    """The domain that stands for all; empty where the domains are separate name spaces."""

    @property
    def folds_all(self) -> bool:
        """Whether every address of the domains may be folded, not the tagged ones alone."""
        return self.ignores_dots or self.one_domain != ""

    def name(self, local_part: pl.Expr, domains: list[str]) -> pl.Expr:
        """What stands before the @ of `mailbox_key` at `domains`; null where the address is its own key."""
        here = pl.when(pl.col("domain").is_in(domains)).then(local_part)
        tagged = pl.when(here.str.contains(self.separator, literal=True)).then(here)
        name = tagged.str.extract(self._name(), 1)
        if self.folds_all:
            name = pl.coalesce(name, here)
        return name.str.replace_all(".", "", literal=True) if self.ignores_dots else name

    def _name(self) -> str:
        """What stands before the tag: at least one character, as `+ann` is a name of its own."""
        name, separator = rf"[^{self.separator}]+", f"[{self.separator}]"
        return rf"^({name}{separator})" if self.keeps_separator else rf"^({name}){separator}"


@dataclass(frozen=True)
class MailboxRule:
    """One provider's rule, and where it is documented."""

    provider: str
    domains: tuple[str, ...]
    fold: Fold
    bounce_scope: str
    source: str


@cache
def mailbox_rules() -> tuple[MailboxRule, ...]:
    """The rules of policy/lists/mailbox_rules.toml."""
    return tuple(
        MailboxRule(
            row["provider"],
            tuple(row["domains"]),
            Fold(**{field.name: row[field.name] for field in fields(Fold) if field.name in row}),
            row.get("bounce_scope", "address"),
            row["source"],
        )
        for row in reference("mailbox_rules").tables["rule"]
    )


def _odd(name: str) -> pl.Expr:
    return pl.col("_odd").struct.field(name)


def _odd_rows(addresses: pl.Series) -> pl.Series:
    """Keys of a mostly null column; each distinct address is worked on once."""
    distinct = addresses.drop_nulls().unique()
    if distinct.is_empty():
        return pl.Series([None], dtype=pl.Struct(ODD)).new_from_index(0, len(addresses))
    keyed = (
        distinct.to_frame("address")
        .with_columns(_folded(pl.col("address")).alias("address_key"))
        .with_columns(_local_part(pl.col("address_key")), _domain_text(pl.col("address_key")))
        .with_columns(_a_label(pl.col("address")))
        .with_columns(_address_key())
    )
    joined = addresses.to_frame("address").join(keyed, on="address", how="left", maintain_order="left")
    return joined.select(pl.struct(*ODD)).to_series()


def _folded(address: pl.Expr) -> pl.Expr:
    """Lower case, and NFC where there is more than ASCII (RFC 6532 section 3.1)."""
    lower = address.str.to_lowercase()
    return pl.coalesce(pl.when(_is_not_ascii(lower)).then(lower).str.normalize("NFC"), lower)


def _local_part(address: pl.Expr) -> pl.Expr:
    """Before the last @ (a quoted local part may hold others, RFC 5321 section 4.1.2)."""
    halves = address.str.splitn("@", 2).struct
    longer = pl.when(halves.field("field_1").str.contains("@", literal=True)).then(address)
    before = pl.coalesce(longer.str.extract(r"(?s)^(.*)@", 1), halves.field("field_0"))
    return pl.when(halves.field("field_1").is_not_null()).then(before).alias("local_part")


def _domain_text(address: pl.Expr) -> pl.Expr:
    """After the last @, without the root's dot; null where nothing is left."""
    after = address.str.splitn("@", 2).struct.field("field_1")
    longer = pl.when(after.str.contains("@", literal=True)).then(after)
    text = pl.coalesce(longer.str.extract(r"([^@]*)$", 1), after).str.strip_suffix(".")
    return pl.when(text != "").then(text).alias("domain")


def _a_label(address: pl.Expr) -> pl.Expr:
    """The domain as it stands in the DNS (RFC 5891); null where it has no such form.

    A non-ASCII domain is read from the address as written: UTS 46 folds case otherwise than lower-casing does (Greek
    final sigma).
    """
    domain = pl.col("domain")
    written = _domain_text(pl.when(_is_not_ascii(domain)).then(address))
    encoded = written.map_batches(_a_labels, return_dtype=pl.String, is_elementwise=True)
    return pl.when(_is_not_ascii(domain)).then(encoded).otherwise(domain).alias("domain")


def _a_labels(domains: pl.Series) -> pl.Series:
    """A-labels of a mostly null column; Python sees each distinct domain once."""
    distinct = domains.drop_nulls().unique()
    if distinct.is_empty():
        return domains
    table = pl.DataFrame(
        {"u": distinct, "a": [_encoded(domain) for domain in distinct]}, schema={"u": pl.String, "a": pl.String}
    )
    return domains.to_frame("u").join(table, on="u", how="left", maintain_order="left")["a"]


@lru_cache(MOST_DOMAINS)
def _encoded(domain: str) -> str | None:
    """One domain through UTS 46 and IDNA 2008, as email-validator does it; None where it has no A-label."""
    # idna's work is quadratic in a label's length, so an impossible name is not even tried.
    if len(domain) > DOMAIN_MAX_LENGTH:
        return None
    try:
        mapped = idna.uts46_remap(domain, std3_rules=False, transitional=False)
        return ".".join(idna.alabel(label).decode("ascii") for label in mapped.removesuffix(".").split("."))
    except idna.IDNAError:
        return None


def _address_key() -> pl.Expr:
    """The text itself, or its halves put together again where the domain is written otherwise now."""
    text = pl.col("address_key")
    changed = pl.when(_is_not_ascii(text) | text.str.ends_with(".")).then(pl.col("local_part"))
    return pl.coalesce(changed + pl.lit("@") + pl.col("domain"), text).alias("address_key")


def _mailbox_key() -> pl.Expr:
    rows = pl.struct("local_part", "domain", "address_key")
    return rows.map_batches(_mailbox_rows, return_dtype=pl.String, is_elementwise=True).alias("mailbox_key")


def _mailbox_rows(rows: pl.Series) -> pl.Series:
    """`mailbox_key` of each row: few can be folded at all, and the others are spared the work."""
    frame = rows.struct.unnest()
    tagged = "[" + "".join(rf"\{rule.fold.separator}" for rule in mailbox_rules()) + "]"
    always = [name for rule in mailbox_rules() if rule.fold.folds_all for name in rule.domains]
    may_fold = pl.col("local_part").str.contains(tagged) | pl.col("domain").is_in(always)
    places = frame.select(may_fold.arg_true()).to_series()
    return frame["address_key"].scatter(places, frame[places].select(_folded_key()).to_series())


def _folded_key() -> pl.Expr:
    domains: dict[Fold, list[str]] = {}
    for rule in mailbox_rules():
        domains.setdefault(rule.fold, []).extend(rule.domains)
    name = pl.coalesce(*(fold.name(pl.col("local_part"), names) for fold, names in domains.items()))
    one = {fold.one_domain: names for fold, names in domains.items() if fold.one_domain}
    for_all = [pl.when(pl.col("domain").is_in(names)).then(pl.lit(name)) for name, names in one.items()]
    folded = pl.concat_str(name, pl.lit("@"), pl.coalesce(*for_all, pl.col("domain")))
    return pl.coalesce(folded, pl.col("address_key"))


def _is_not_ascii(text: pl.Expr) -> pl.Expr:
    return text.str.len_bytes() != text.str.len_chars()
