"""The closed sets of words that stages exchange. A word is an enum member, never a bare string."""

from enum import IntEnum, StrEnum, unique


@unique
class Verdict(StrEnum):
    """What happens to one row of a list."""

    KEEP = "keep"
    """Mailed."""
    REVIEW = "review"
    """Mailed, and flagged for a person to look at."""
    HOLD = "hold"
    """Left out tonight and asked again; not suppressed."""
    SUPPRESS = "suppress"
    """Not mailed, and entered in the ledger."""
    DUPLICATE = "duplicate"
    """Another row of the list stands for the same recipient."""
    REJECT = "reject"
    """The row could not be read."""


@unique
class EventKind(StrEnum):
    """What happened to a message or a subscription."""

    SENT = "sent"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    """A try that failed for now; the MTA goes on (RFC 3464 section 2.3.3, action `delayed`)."""
    BOUNCED = "bounced"
    """The final failure of a message (RFC 3464 section 2.3.3, action `failed`)."""
    COMPLAINED = "complained"
    COMPLAINT_AMONG_SEVERAL = "complaint_among_several"
    """A complaint that names several recipients, of whom one complained: it condemns none of them."""
    UNSUBSCRIBED = "unsubscribed"
    RESUBSCRIBED = "resubscribed"
    REINSTATED = "reinstated"
    """The ESP takes a bounce back: those before it do not count."""
    VERIFIED = "verified"
    """A paid verifier's verdict, in its own words: evidence with a date and a source, never a command."""
    OPENED = "opened"
    CLICKED = "clicked"
    REJECTED_BY_ESP = "rejected_by_esp"
    """The ESP refused to try (an echo of its own list): state, never new evidence."""


@unique
class Activity(IntEnum):
    """What is kept of the many events that only count: mail that went out, and what its readers did."""

    SENT = 1
    DELIVERED = 2
    OPENED = 3
    """By a person, or by unknown making."""
    CLICKED = 4
    MACHINE_OPENED = 5
    MACHINE_CLICKED = 6


HUMAN = (Activity.OPENED, Activity.CLICKED)


@unique
class BounceReason(StrEnum):
    """What a bounce means. `policy/bounces/reasons.toml` holds what other systems call it."""

    INVALID_MAILBOX = "invalid_mailbox"
    INVALID_DOMAIN = "invalid_domain"
    INACTIVE_MAILBOX = "inactive_mailbox"
    MAILBOX_FULL = "mailbox_full"
    POLICY_BLOCK = "policy_block"
    SPAM_CONTENT = "spam_content"
    AUTH_FAILURE = "auth_failure"
    RATE_LIMITED = "rate_limited"
    MESSAGE_TOO_LARGE = "message_too_large"
    RELAY_CONFIG = "relay_config"
    TRANSIENT = "transient"
    AUTO_REPLY = "auto_reply"
    CHALLENGE_RESPONSE = "challenge_response"
    ESP_SUPPRESSED = "esp_suppressed"
    """The ESP's own list answered, not a receiver."""
    UNKNOWN = "unknown"


@unique
class Fault(StrEnum):
    """Whose fault a failure is."""

    RECIPIENT = "recipient"
    DOMAIN = "domain"
    SENDER = "sender"
    CONTENT = "content"
    NETWORK = "network"
    UNKNOWN = "unknown"


@unique
class BounceAction(StrEnum):
    """What the policy makes of a bounce reason."""

    SUPPRESS = "suppress"
    SOFT = "soft"
    NONE = "none"


@unique
class MxStatus(StrEnum):
    """Can the domain take mail? `TEMPERROR` is not a no (RFC 7208's word for "ask again")."""

    MX = "mx"
    """At least one MX target with a global address."""
    IMPLICIT_MX = "implicit_mx"
    """No MX; an address record stands in (RFC 5321 section 5.1)."""
    NULL_MX = "null_mx"
    """`MX 0 .` alone: the domain says it takes no mail (RFC 7505)."""
    NXDOMAIN = "nxdomain"
    NO_DATA = "no_data"
    """The name exists, with neither MX nor address."""
    NO_TARGET = "no_target"
    """MX records, and none of their targets has an address."""
    UNROUTABLE = "unroutable"
    """Every target is loopback, private, unspecified, `localhost` or `.invalid`."""
    MX_IS_IP = "mx_is_ip"
    """The MX data field holds an IP literal (RFC 5321 section 5.1 wants a name)."""
    SPF_REFUSES = "spf_refuses"
    """No MX, an address record, and `v=spf1 -all`: most likely no mail service."""
    TEMPERROR = "temperror"
    """SERVFAIL, REFUSED, timeout, bogus: nothing is known."""


@unique
class Syntax(StrEnum):
    """The form of an address."""

    VALID = "valid"
    INVALID = "invalid"
    QUOTED = "quoted"
    """Valid only with a quoted local part."""
    DOMAIN_LITERAL = "domain_literal"
    """Valid only with an IP literal for a domain."""
    SPECIAL_USE = "special_use"
    """A name that RFC 6761 keeps from mail, or a domain without a dot."""
    TOO_LONG = "too_long"
    """Local part over 64 or address over 254 octets (RFC 5321 section 4.5.3.1)."""


@unique
class LedgerAction(StrEnum):
    """An entry of the ledger."""

    SUPPRESS = "suppress"
    LIFT = "lift"


@unique
class Scope(StrEnum):
    """What a ledger entry's key names."""

    ADDRESS = "address"
    """One `address_key`."""
    MAILBOX = "mailbox"
    """One `mailbox_key`: every alias of the mailbox."""
    ERASED = "erased"
    """A keyed hash of a `mailbox_key` whose owner asked to be forgotten."""


@unique
class IncidentAction(StrEnum):
    """A record about an incident."""

    SEEN = "seen"
    CLOSED = "closed"


@unique
class RunStatus(StrEnum):
    """How a run ended."""

    PUBLISHED = "published"
    HELD = "held"
    """The brake stopped it; a person may release it."""
    RELEASED = "released"
    """Held, and then published by a person."""
    FAILED = "failed"


@unique
class ExportStatus(StrEnum):
    """How far an export to another system has come."""

    WRITTEN = "written"
    """Its files are there; nobody said that the system has them."""
    CONFIRMED = "confirmed"
    """The system has it: the next export is the difference to it."""


@unique
class ReasonFamily(StrEnum):
    """Why an address is suppressed, as coarse as lists of other systems tell it."""

    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    DEAD_DOMAIN = "dead_domain"
    INVALID = "invalid"
    """Not an address, or one that never takes mail."""
    ROLE = "role"
    UNENGAGED = "unengaged"
    MANUAL = "manual"
    ERASURE = "erasure"
    UNKNOWN = "unknown"
