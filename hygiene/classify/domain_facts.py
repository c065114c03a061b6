"""What is known of a domain, whoever has an address there; asked once a night of each distinct domain."""

import polars as pl
from polars import col

from hygiene.classify.domains import domain_risk, is_parked, provider_of, provider_of_mx
from hygiene.classify.typos import typo_of


def domain_facts(domains: pl.LazyFrame, answers: pl.LazyFrame) -> pl.LazyFrame:
    """DNS_ANSWERS by the names that EVIDENCE gives them, risk, provider and typo; one row per distinct domain."""
    named = answers.select(
        "domain",
        "mx_status",
        mx_targets="targets",
        mx_note="note",
        mx_observations="observations",
        mx_first_observed_at="first_observed_at",
        mx_observed_at="observed_at",
        mx_last_good_at="last_good_at",
    )
    distinct = domains.select(col("domain").drop_nulls().unique())
    parked = pl.when(is_parked(col("mx_targets"))).then(pl.lit("parked"))
    return distinct.join(named, on="domain", how="left").with_columns(
        domain_risk=pl.coalesce(domain_risk(col("domain")), parked),
        mailbox_provider=pl.coalesce(provider_of(col("domain")), provider_of_mx(col("mx_targets"))),
        typo_of=typo_of(col("mx_targets"), col("mx_note")),
    )
