"""What two rows must share to be one recipient (`address_key`) or one mailbox (`mailbox_key`).

Beyond letter case nothing is folded unless the provider documents it (policy/lists/mailbox_rules.toml): at any other
domain ann-lee@ and ann-roe@, a.b@ and ab@, ann@ and ann+x@ stay apart.
"""

from dataclasses import dataclass
from functools import cache

import idna
import polars as pl

from hygiene.model.table import Frame
from hygiene.policy.references import reference

DOMAIN_MAX_LENGTH = 253
"""Octets of a domain name without its final dot (RFC 1035 section 2.3.4)."""


def with_keys(frame: Frame, column: str = "address") -> Frame:
    """The frame with `local_part`, `domain`, `address_key` and `mailbox_key` of the addresses in `column`.

    Without an @ there is no local part and no domain, and the key is the text itself; a domain that has no A-label is
    null. Nothing is trimmed or unquoted: that is repair's work.
    """
    return (
        frame.with_columns(_folded(pl.col(column)).alias("address_key"))
        .with_columns(_local_part(pl.col("address_key")), _domain_text(pl.col("address_key")))
        .with_columns(_a_label(pl.col("domain")))
        .with_columns(_address_key())
        .with_columns(_mailbox_key())
    )


def bounce_scope_is_mailbox(domain: pl.Expr) -> pl.Expr:
    """Whether a hard bounce of one alias tells of the whole mailbox: only where every alias is the same login."""
    names = [name for rule in mailbox_rules() if rule.bounce_scope == "mailbox" for name in rule.domains]
    return domain.is_in(names)


@dataclass(frozen=True)
class MailboxRule:
    """How one provider folds the addresses of its domains into mailboxes."""

    provider: str
    domains: tuple[str, ...]
    source: str
    separator: str = ""
    """What parts a tag from the name, such as `+`; empty where the provider has none."""
    keeps_separator: bool = False
    """The name before the separator is not itself an address of the mailbox, so the separator stays in the key."""
    ignores_dots: bool = False
    one_domain: str = ""
    """The domain that stands for all; empty where the domains are separate name spaces."""
    bounce_scope: str = "address"

    def key(self) -> pl.Expr:
        """`mailbox_key` of the rows of these domains, null elsewhere."""
        local_part = pl.when(pl.col("domain").is_in(self.domains)).then(pl.col("local_part"))
        if self.separator:
            # At least one character before the separator: `+ann` is a name, not a tag.
            local_part = local_part.str.replace(rf"^([^{self.separator}]+)[{self.separator}].*$", self._replacement())
        if self.ignores_dots:
            local_part = local_part.str.replace_all(".", "", literal=True)
        domain = pl.lit(self.one_domain) if self.one_domain else pl.col("domain")
        return local_part + "@" + domain

    def _replacement(self) -> str:
        return "${1}" + (self.separator if self.keeps_separator else "")


@cache
def mailbox_rules() -> tuple[MailboxRule, ...]:
    """The rules of policy/lists/mailbox_rules.toml."""
    rules = reference("mailbox_rules").tables["rule"]
    return tuple(MailboxRule(**{**rule, "domains": tuple(rule["domains"])}) for rule in rules)


def _folded(address: pl.Expr) -> pl.Expr:
    """Lower case, and NFC where there is more than ASCII (RFC 6532 section 3.1)."""
    lower = address.str.to_lowercase()
    return pl.coalesce(pl.when(_is_not_ascii(lower)).then(lower).str.normalize("NFC"), lower)


def _local_part(address: pl.Expr) -> pl.Expr:
    """Before the last @ (a quoted local part may hold others, RFC 5321 section 4.1.2)."""
    before = address.str.splitn("@", 2).struct.field("field_0")
    rest = pl.when(address.str.contains(r"@.*@")).then(address).str.extract(r"(?s)^(.*)@", 1)
    return pl.when(address.str.contains("@", literal=True)).then(pl.coalesce(rest, before)).alias("local_part")


def _domain_text(address: pl.Expr) -> pl.Expr:
    """After the last @, without the root's dot; null where nothing is left."""
    after = address.str.splitn("@", 2).struct.field("field_1")
    rest = pl.when(after.str.contains("@", literal=True)).then(after).str.extract(r"([^@]*)$", 1)
    text = pl.coalesce(rest, after).str.strip_suffix(".")
    return pl.when(text != "").then(text).alias("domain")


def _a_label(domain: pl.Expr) -> pl.Expr:
    """The domain as it stands in the DNS (RFC 5891); null where it has no such form."""
    foreign = pl.when(_is_not_ascii(domain)).then(domain)
    encoded = foreign.map_batches(_a_labels, return_dtype=pl.String, is_elementwise=True)
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
    whole = pl.col("local_part") + "@" + pl.col("domain")
    return pl.coalesce(whole, pl.col("address_key")).alias("address_key")


def _mailbox_key() -> pl.Expr:
    return pl.coalesce(*(rule.key() for rule in mailbox_rules()), pl.col("address_key")).alias("mailbox_key")


def _is_not_ascii(text: pl.Expr) -> pl.Expr:
    return text.str.len_bytes() != text.str.len_chars()
