"""The tables on every arrow of the flow. Times are UTC instants in microseconds; counts are plural."""

import polars as pl

from hygiene.model.table import Column as C
from hygiene.model.table import Table

INSTANT = pl.Datetime("us", "UTC")
TEXT = pl.String

SUBSCRIBERS = Table(
    "SUBSCRIBERS",
    {
        "list": C(TEXT, "name of the list in the job file", nullable=False),
        "row": C(pl.UInt32, "number of the record in the list, from 0, unreadable records counted", nullable=False),
        "address": C(TEXT, "as the file gave it, after repair; what is mailed", nullable=False),
        "repair": C(TEXT, "names of the repairs made, joined by `+`; null where none was needed"),
        "address_key": C(TEXT, "what two rows share to be one recipient", nullable=False),
        "mailbox_key": C(TEXT, "address_key folded by the provider's alias rules; joins evidence", nullable=False),
        "mailbox": C(pl.Int64, "number of the mailbox_key (normalize/numbers.py)", nullable=False),
        "local_part": C(TEXT, "before the last @ (RFC 5321 section 4.1.2), lower case"),
        "domain": C(TEXT, "after the last @, as A-label, lower case"),
        "subscribed_at": C(INSTANT, "when the person joined, where the list says so"),
        "is_confirmed": C(pl.Boolean, "confirmed opt-in, where the list says so"),
    },
)

EVENTS = Table(
    "EVENTS",
    {
        "occurred_at": C(INSTANT, "when it happened", nullable=False),
        "address": C(TEXT, "as the ESP wrote it", nullable=False),
        "address_key": C(TEXT, "as in SUBSCRIBERS", nullable=False),
        "mailbox_key": C(TEXT, "as in SUBSCRIBERS", nullable=False),
        "kind": C(TEXT, "an EventKind", nullable=False),
        "reply_code": C(TEXT, "SMTP reply code, `550` (RFC 5321 section 4.2)"),
        "status": C(TEXT, "enhanced status code, `5.1.1` (RFC 3463)"),
        "diagnostic": C(TEXT, "the receiver's reply as the ESP wrote it"),
        "esp_type": C(TEXT, "the ESP's own type and sub-type, joined by `/`"),
        "is_machine": C(pl.Boolean, "opened or clicked by software; null where the ESP does not say"),
        "event_id": C(TEXT, "the ESP's own id of the event; null where it has none"),
        "campaign": C(TEXT, "which mailing"),
        "stream": C(TEXT, "which stream, pool, group or list, in the ESP's word"),
        "sending_ip": C(TEXT, "the address the mail left from"),
        "provider": C(TEXT, "name of the format it was read with"),
        "source": C(TEXT, "file name", nullable=False),
        "line": C(pl.UInt32, "line of the file, from 1 (row for Parquet; record for a JSON array)"),
    },
)

ACTIVITY = Table(
    "ACTIVITY",
    {
        "mailbox": C(pl.Int64, "number of the mailbox_key (normalize/numbers.py)", nullable=False),
        "address": C(pl.Int64, "number of the address_key; null where that is the mailbox_key"),
        "occurred_at": C(INSTANT, "when it happened", nullable=False),
        "activity": C(pl.Int8, "an Activity", nullable=False),
    },
)

REJECTS = Table(
    "REJECTS",
    {
        "source": C(TEXT, "file", nullable=False),
        "line": C(pl.UInt32, "line of the file, from 1", nullable=False),
        "row": C(pl.UInt32, "number of the record, from 0; null for event files"),
        "reason": C(TEXT, "why it could not be read", nullable=False),
        "raw": C(TEXT, "the record as found, up to 500 characters"),
    },
)

DNS_ANSWERS = Table(
    "DNS_ANSWERS",
    {
        "domain": C(TEXT, "A-label, lower case", nullable=False),
        "mx_status": C(TEXT, "an MxStatus: the last answer", nullable=False),
        "targets": C(TEXT, "MX targets with preference, as `10 mx.example.`, joined by `; `"),
        "note": C(TEXT, "oddities seen, such as `malformed_null_mx`, joined by `+`"),
        "ttl": C(pl.UInt32, "seconds the answer may be kept"),
        "observed_at": C(INSTANT, "when this status was last observed", nullable=False),
        "first_observed_at": C(INSTANT, "when this status was first observed without another between"),
        "observations": C(pl.UInt32, "how many observations of this status, without another between"),
        "last_good_at": C(INSTANT, "when the domain was last seen to take mail"),
        "next_check_at": C(INSTANT, "when to ask again"),
        "resolver": C(TEXT, "who answered: an address, `snapshot`"),
    },
)

LEDGER = Table(
    "LEDGER",
    {
        "seq": C(pl.Int64, "number of the entry, from 1", nullable=False),
        "entered_at": C(INSTANT, "as_of of the run, or when a person acted", nullable=False),
        "action": C(TEXT, "a LedgerAction", nullable=False),
        "scope": C(TEXT, "a Scope: what `key` names", nullable=False),
        "key": C(TEXT, "address_key, mailbox_key or keyed hash; null once erased"),
        "mailbox_key": C(TEXT, "the mailbox that the entry is about; null once erased"),
        "address": C(TEXT, "as mailed or imported; null once erased"),
        "rule": C(TEXT, "code of the rule, such as BNC201; `*` in a lift of all by a person", nullable=False),
        "evidence": C(TEXT, "JSON: what the rule saw (file, line, reply, DNS answer)"),
        "reason": C(TEXT, "a person's or an ESP's own words"),
        "actor": C(TEXT, "`run`, a person, or the file imported", nullable=False),
        "run_id": C(TEXT, "the run that made the entry; null for a person"),
        "policy_digest": C(TEXT, "digest of the policy in force"),
        "expires_at": C(INSTANT, "when the suppression ends by itself; null for never"),
        "salt": C(TEXT, "random; keeps personal_digest from being guessed; null once erased"),
        "personal_digest": C(TEXT, "SHA-256 over salt and what is personal; outlives them", nullable=False),
        "prev_hash": C(TEXT, "hash of the entry before", nullable=False),
        "hash": C(TEXT, "SHA-256 over prev_hash and this entry", nullable=False),
    },
    distinct=("seq", "key", "mailbox_key", "address", "evidence", "salt", "personal_digest", "prev_hash", "hash"),
)

IMPORTS = Table(
    "IMPORTS",
    {
        "address": C(TEXT, "as the other system wrote it, after repair", nullable=False),
        "address_key": C(TEXT, "as in SUBSCRIBERS", nullable=False),
        "mailbox_key": C(TEXT, "as in SUBSCRIBERS", nullable=False),
        "family": C(TEXT, "a ReasonFamily; null where the list does not say"),
        "reason": C(TEXT, "the other system's own words"),
        "suppressed_at": C(INSTANT, "when the other system suppressed it; null where it does not say"),
        "source": C(TEXT, "file name", nullable=False),
        "line": C(pl.UInt32, "line of the file, from 1"),
    },
)

RUNS = Table(
    "RUNS",
    {
        "number": C(pl.Int64, "number of the record, from 1; the last of a run counts", nullable=False),
        "run_id": C(TEXT, "the run", nullable=False),
        "job": C(TEXT, "name of the job", nullable=False),
        "status": C(TEXT, "a RunStatus", nullable=False),
        "as_of": C(INSTANT, "the instant judged by", nullable=False),
        "started_at": C(INSTANT, "when it began"),
        "seconds": C(pl.Float64, "how long it took"),
        "suppressed": C(pl.Int64, "rows newly suppressed"),
        "counts": C(TEXT, "JSON: rows by list and verdict"),
        "ledger_seq": C(pl.Int64, "last entry of the ledger after it; 0 for none"),
        "ledger_head": C(TEXT, "hash of that entry"),
        "ledger_version": C(pl.Int64, "commit of the state table"),
        "history_version": C(pl.Int64, "commit of the state table"),
        "dns_version": C(pl.Int64, "commit of the state table"),
        "policy_digest": C(TEXT, "digest of the policy in force"),
        "config_digest": C(TEXT, "digest of the job file"),
        "out": C(TEXT, "folder of its outputs"),
    },
)

IN_FORCE = Table(
    "IN_FORCE",
    {
        "scope": C(TEXT, "a Scope", nullable=False),
        "key": C(TEXT, "address_key or mailbox_key", nullable=False),
        "mailbox_key": C(TEXT, "the mailbox that it is about; null where the ledger does not say"),
        "in_force": C(pl.UInt64, "rules whose suppression is in force, bit n for the nth of RULES", nullable=False),
        "imported": C(pl.UInt64, "those of them that came with tonight's imports", nullable=False),
        "ledger_seq": C(pl.Int64, "newest entry of them; null for tonight's imports"),
        "suppressed_at": C(INSTANT, "when the newest of them began", nullable=False),
    },
)

LIFTS = Table(
    "LIFTS",
    {
        "scope": C(TEXT, "a Scope", nullable=False),
        "key": C(TEXT, "address_key or mailbox_key", nullable=False),
        "rule": C(TEXT, "rule that was lifted; `*` for all", nullable=False),
        "lifted_at": C(INSTANT, "last lift: evidence before it does not count again", nullable=False),
        "is_lapse": C(pl.Boolean, "lifted by its expiry, so the next failure is the retry", nullable=False),
    },
)

DECISIONS = Table(
    "DECISIONS",
    {
        "list": C(TEXT, "name of the list", nullable=False),
        "row": C(pl.UInt32, "number of the record in the list", nullable=False),
        "address": C(TEXT, "what is mailed", nullable=False),
        "repair": C(TEXT, "repairs made"),
        "address_key": C(TEXT, "as in SUBSCRIBERS", nullable=False),
        "mailbox_key": C(TEXT, "as in SUBSCRIBERS", nullable=False),
        "domain": C(TEXT, "as in SUBSCRIBERS"),
        "verdict": C(TEXT, "a Verdict", nullable=False),
        "rule": C(TEXT, "the first rule that fired; null for keep"),
        "fired": C(pl.UInt64, "all rules that fired: bit n stands for the nth of RULES", nullable=False),
    },
)

EVIDENCE = Table(
    "EVIDENCE",
    {
        "hard_bounces": C(pl.UInt32, "days with a hard bounce since the last delivery"),
        "hard_first_at": C(INSTANT, "first of them"),
        "hard_last_at": C(INSTANT, "last of them"),
        "hard_reply": C(TEXT, "the receiver's reply of the last one"),
        "hard_source": C(TEXT, "file of the last one"),
        "hard_line": C(pl.UInt32, "its line"),
        "hard_burst": C(TEXT, "the burst that the last one fell in; null where one of them fell in none"),
        "soft_strikes": C(pl.UInt32, "days with a final soft failure since the last delivery or human engagement"),
        "soft_first_at": C(INSTANT, "first of them"),
        "soft_last_at": C(INSTANT, "last of them"),
        "full_strikes": C(pl.UInt32, "those of them that said the mailbox is full"),
        "soft_reply": C(TEXT, "the receiver's reply of the last one"),
        "soft_source": C(TEXT, "file of the last one"),
        "soft_line": C(pl.UInt32, "its line"),
        "complained_at": C(INSTANT, "last complaint"),
        "complaint_source": C(TEXT, "its file"),
        "complaint_line": C(pl.UInt32, "its line"),
        "unsubscribed_at": C(INSTANT, "last unsubscription without a re-opt-in after it"),
        "unsubscribe_source": C(TEXT, "its file"),
        "unsubscribe_line": C(pl.UInt32, "its line"),
        "resubscribed_at": C(INSTANT, "last re-opt-in"),
        "human_at": C(INSTANT, "last open or click by a person"),
        "clicked_at": C(INSTANT, "last click by a person"),
        "machine_opened_at": C(INSTANT, "last open by software"),
        "deliveries": C(pl.UInt32, "days with a delivery"),
        "delivered_first_at": C(INSTANT, "first delivery"),
        "delivered_last_at": C(INSTANT, "last delivery"),
        "unengaged_deliveries": C(pl.UInt32, "days with a delivery since the last human engagement"),
        "syntax": C(TEXT, "a Syntax"),
        "syntax_message": C(TEXT, "email-validator's words where it refuses"),
        "needs_smtputf8": C(pl.Boolean, "non-ASCII local part (RFC 6531)"),
        "mx_status": C(TEXT, "an MxStatus"),
        "mx_targets": C(TEXT, "as in DNS_ANSWERS"),
        "mx_note": C(TEXT, "as in DNS_ANSWERS"),
        "mx_observations": C(pl.UInt32, "as in DNS_ANSWERS"),
        "mx_first_observed_at": C(INSTANT, "as in DNS_ANSWERS"),
        "mx_observed_at": C(INSTANT, "as in DNS_ANSWERS"),
        "mx_last_good_at": C(INSTANT, "as in DNS_ANSWERS"),
        "undeliverable_at": C(
            INSTANT, "last verdict of a paid verifier that no mail can arrive; null if one disagreed"
        ),
        "verifier_says": C(TEXT, "the verdict in its words"),
        "verifier": C(TEXT, "which verifier"),
        "verifier_source": C(TEXT, "file of the verdict"),
        "verifier_line": C(pl.UInt32, "its line"),
        "role_tier": C(TEXT, "`technical` or `business` where the local part names a job"),
        "typo_of": C(TEXT, "consumer domain a slip or two away, where this one takes no mail, is parked or a wildcard"),
        "domain_risk": C(TEXT, "`disposable`, `relay` or `parked`"),
        "in_force": C(pl.UInt64, "rules whose suppression is in force by the ledger, bits as in `fired`"),
        "imported": C(pl.UInt64, "those of them that came with tonight's imports"),
        "ledger_seq": C(pl.Int64, "newest entry of them"),
        "suppressed_at": C(INSTANT, "when the newest of them began"),
        "sunset_lifted_at": C(INSTANT, "when ENG701 was last lifted: idleness counts from there"),
        "soft_lapsed_at": C(INSTANT, "when a soft suppression last lapsed: the next failure is the retry"),
        "duplicate_of": C(pl.UInt32, "row that stands for this one"),
    },
)
