"""Every threshold of the product, with its unit, its default and where the default comes from."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hygiene.model.words import BounceAction, BounceReason, Fault

FAULT_OF: dict[BounceReason, Fault] = {
    BounceReason.INVALID_MAILBOX: Fault.RECIPIENT,
    BounceReason.INVALID_DOMAIN: Fault.DOMAIN,
    BounceReason.INACTIVE_MAILBOX: Fault.RECIPIENT,
    BounceReason.MAILBOX_FULL: Fault.RECIPIENT,
    BounceReason.POLICY_BLOCK: Fault.SENDER,
    BounceReason.SPAM_CONTENT: Fault.CONTENT,
    BounceReason.AUTH_FAILURE: Fault.SENDER,
    BounceReason.RATE_LIMITED: Fault.SENDER,
    BounceReason.MESSAGE_TOO_LARGE: Fault.CONTENT,
    BounceReason.RELAY_CONFIG: Fault.SENDER,
    BounceReason.TRANSIENT: Fault.NETWORK,
    BounceReason.AUTO_REPLY: Fault.UNKNOWN,
    BounceReason.CHALLENGE_RESPONSE: Fault.UNKNOWN,
    BounceReason.ESP_SUPPRESSED: Fault.UNKNOWN,
    BounceReason.UNKNOWN: Fault.UNKNOWN,
}
"""Whose fault each reason is; a reason that is not the recipient's or its domain's never suppresses."""

DEFAULT_ACTIONS: dict[BounceReason, BounceAction] = {
    **dict.fromkeys(BounceReason, BounceAction.NONE),
    BounceReason.INVALID_MAILBOX: BounceAction.SUPPRESS,
    BounceReason.INVALID_DOMAIN: BounceAction.SUPPRESS,
    BounceReason.INACTIVE_MAILBOX: BounceAction.SOFT,
    BounceReason.MAILBOX_FULL: BounceAction.SOFT,
}


class Policy(BaseModel):
    """All numbers and switches that decide who gets mail; frozen, and named by its digest."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    hard_bounces_to_suppress: int = Field(1, ge=1, le=99)
    """Days with a hard bounce since the last delivery (Validity: remove unknown users after 1)."""
    hard_bounces_when_engaged: int = Field(2, ge=1, le=99)
    """The same for somebody who engaged recently; below it the row is held (mailop 2019: first hits err)."""
    engaged_guard_days: int = Field(90, ge=0)
    """How recent an engagement must be for that, in days before the bounce."""
    hard_retry_hours: int = Field(72, ge=0)
    """Least time between the hard bounces of somebody engaged, in hours."""
    hard_hold_days: int = Field(90, ge=3)
    """How long such a row is held; then it is mailed once more, flagged (as after a soft suppression)."""
    burst_bounces: int = Field(25, ge=1)
    """Hard bounces at one provider or domain in a day up to which they are no burst (our judgement)."""
    burst_times: float = Field(5.0, gt=1)
    """How many times the usual share of hard bounces there makes a burst (our judgement)."""
    burst_past_days: int = Field(90, ge=1)
    """The days before that tell what is usual there (our judgement)."""
    hard_bounces_in_burst: int = Field(2, ge=2)
    """Days with a hard bounce, `hard_retry_hours` apart, that suppress where each of them fell in a burst."""
    burst_hold_days: int = Field(7, ge=1)
    """How long the rows of a burst are held for a person to look; then they are mailed once more, flagged."""
    access_denied_days: int = Field(7, ge=0)
    """Microsoft's 5.4.1 counts as hard where the domain accepted others within so many days (SparkPost: hard)."""
    bounce_actions: dict[BounceReason, BounceAction] = Field(default_factory=lambda: dict(DEFAULT_ACTIONS))
    """What each bounce reason counts as: suppress, soft or none."""

    soft_strikes_to_suppress: int = Field(5, ge=1, le=99)
    """Days with a final soft failure since the last delivery (Mailman 5, Mailchimp 7)."""
    soft_streak_days: int = Field(14, ge=0)
    """Least span from the first to the last strike, in days (ISP/ESP handshake 2002)."""
    full_strikes_to_suppress: int = Field(3, ge=1, le=99)
    """The same limit where every strike says that the mailbox is full (Engaging Networks: quota 3)."""
    soft_suppression_days: int = Field(90, ge=1)
    """How long a soft suppression lasts before one retry, in days (Discourse, MailUp: temporary)."""

    sunset_enabled: bool = True
    """Whether chronic non-engagers are suppressed at all."""
    sunset_deliveries: int = Field(6, ge=1)
    """Days with a delivery since the last human engagement (MailPoet 3, HubSpot 11 and 16)."""
    sunset_tenure_days: int = Field(180, ge=0)
    """Nobody is sunset before this many days since the first delivery or the subscription."""
    sunset_daily_days: int = Field(30, ge=1)
    """Idle window for mail at least every 2 days, in days (SparkPost, signals/list-hygiene)."""
    sunset_weekly_days: int = Field(60, ge=1)
    """Idle window for mail at least every 10 days, in days (SparkPost)."""
    sunset_fortnightly_days: int = Field(90, ge=1)
    """Idle window for mail at least every 20 days, in days (SparkPost)."""
    sunset_monthly_days: int = Field(180, ge=1)
    """Idle window for mail at least every 45 days, in days (SparkPost)."""
    sunset_quarterly_days: int = Field(274, ge=1)
    """Idle window for rarer mail, in days (SparkPost, Mozilla: 9 months)."""
    machine_opens_shield: bool = True
    """A machine open inside the idle window hides whether a person reads: reviewed, not suppressed (mailpoet#4004)."""

    verdict_days: int = Field(90, ge=0)
    """How recent a paid verifier's "undeliverable" must be to flag a row; it never does more (our judgement)."""
    suppress_technical_roles: bool = True
    """RFC 2142 mailboxes and abuse, postmaster, noc, security (SparkPost blocks them globally)."""
    role_click_days: int = Field(180, ge=0)
    """A role address whose reader clicked within so many days is kept for review."""
    smtputf8_capable: bool = False
    """Whether the ESP sends to non-ASCII local parts (RFC 6531); where it does not, such rows are held."""
    suppress_quoted: bool = False
    """Whether a quoted local part suppresses; it is reviewed otherwise."""

    nxdomain_observations: int = Field(2, ge=2)
    """Observations of NXDOMAIN before it suppresses."""
    nxdomain_hours: int = Field(48, ge=1)
    """Least time from the first to the last of them, in hours."""
    no_service_observations: int = Field(3, ge=2)
    """Observations of no MX and no address, or of MX targets without one, before they suppress."""
    no_service_days: int = Field(7, ge=1)
    """Least time from the first to the last of them, in days."""
    spf_refuses_observations: int = Field(2, ge=2)
    """Observations of no MX and `v=spf1 -all` before it suppresses."""
    resolves_again_observations: int = Field(2, ge=1)
    """Good observations that lift a suppression for a dead domain."""
    dns_failures_share: float = Field(0.05, gt=0, le=1)
    """Share of look-ups that fail above which the run drops its DNS evidence (a fault of ours)."""
    dns_positive_days: int = Field(30, ge=1)
    """How long a good answer is believed, in days."""
    dns_negative_hours: int = Field(20, ge=1)
    """How soon a bad answer is asked again, in hours."""

    duplicate_winner: Literal["first", "most_engaged"] = "first"
    """Which of several rows of one recipient stands for it."""
    duplicate_by: Literal["address", "mailbox"] = "address"
    """Whether aliases of one mailbox (Gmail dots, documented tags) are duplicates too."""
    duplicate_scope: Literal["list", "job"] = "list"
    """Whether rows of different lists can be duplicates of one another."""

    brake_list_share: float = Field(0.05, gt=0, le=1)
    """New suppressions above this share of a list hold the run (our judgement)."""
    brake_provider_share: float = Field(0.10, gt=0, le=1)
    """The same for the rows of one mailbox provider."""
    brake_provider_rows: int = Field(100, ge=1)
    """Providers with fewer rows than this are not looked at apart."""
    brake_usual_times: float = Field(3.0, gt=1)
    """New suppressions above this many times the median of the last 30 days hold the run."""
    brake_usual_rows: int = Field(100, ge=1)
    """Runs with fewer new suppressions than this are never unusual."""
    brake_first_share: float = Field(0.30, gt=0, le=1)
    """The share of a list or provider that holds a first run, which has old dead to bury (hackwestern#829: 30 %)."""
    rejected_share: float = Field(0.05, ge=0, le=1)
    """Share of unreadable rows of a list above which the run stops; of an event file above which it says so."""

    gate_bounce_share: float = Field(0.02, gt=0, le=1)
    """Expected share of hard bounces above which a campaign should not go (SES reviews at 5 %)."""
    gate_suppressed_share: float = Field(0.20, gt=0, le=1)
    """Share of the list suppressed above which a campaign should not go."""
    gate_dns_age_days: int = Field(45, ge=1)
    """Age of the DNS memory above which not enough is known, in days."""
    gate_idle_share: float = Field(0.50, gt=0, le=1)
    """Share of a provider's rows idle over 180 days above which a campaign should not go there."""
    gate_block_days: int = Field(7, ge=0)
    """An open incident this recent, in days, says do not send to its provider's readers yet."""
    gate_block_share: float = Field(0.01, ge=0, le=1)
    """Share of a provider's mail that an incident must have hit for that (our judgement)."""
    gate_first_mailings: int = Field(50, ge=1)
    """First mailings in the history below which the bounce rate of never-mailed addresses is not known."""
    gate_never_mailed_share: float = Field(0.20, gt=0, le=1)
    """Share of never-mailed rows above which that rate must be known."""
    gate_run_age_days: int = Field(3, ge=1)
    """Age of the last nightly run above which not enough is known, in days."""

    incident_window_days: int = Field(30, ge=1)
    """A refusal of the sender this recent is told in the summary and at the gate, in days."""
    incident_gap_days: int = Field(8, ge=1)
    """Quiet days after which the same refusal is a new incident (a weekly letter that stays refused is one)."""
    incident_recipients: int = Field(10, ge=1)
    """Recipients refused with one sign at one provider that make an incident."""
    state_versions_days: int = Field(30, ge=7)
    """How long old versions of the state tables are kept, in days."""

    @field_validator("bounce_actions", mode="after")
    @classmethod
    def _with_the_unnamed(cls, given: dict[BounceReason, BounceAction]) -> dict[BounceReason, BounceAction]:
        """A reason that is not named keeps its default."""
        return DEFAULT_ACTIONS | given

    @model_validator(mode="after")
    def _blames_no_reader(self) -> Self:
        """A sender's, content's or network's fault is never a reason to suppress."""
        for reason, action in self.bounce_actions.items():
            if action is BounceAction.SUPPRESS and FAULT_OF[reason] not in (Fault.RECIPIENT, Fault.DOMAIN):
                raise ValueError(
                    f"bounce_actions: {reason.value} is a fault of {FAULT_OF[reason].value}, so it cannot suppress"
                )
        return self
