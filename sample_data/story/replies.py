"""What receivers answered, and how each ESP files it; `{to}` stands for the recipient.

Wording after the providers' public pages: support.google.com/a/answer/3726730, support.apple.com/102322,
senders.yahooinc.com/smtp-error-codes, postmaster.gmx.net/en/error-messages, learn.microsoft.com (NDR codes).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """One answer: `text` is what follows the enhanced code; `ses` is type/sub-type, `sendgrid` type/classification."""

    code: str
    status: str
    text: str
    ses: str
    sendgrid: str
    is_deferral: bool = False
    is_echo: bool = False


NO_REPLY = Reply("", "", "", "", "")


def _hard(code: str, status: str, text: str) -> Reply:
    return Reply(code, status, text, "Permanent/General", "bounce/Invalid Address")


def _soft(code: str, status: str, text: str, subtype: str = "General") -> Reply:
    return Reply(code, status, text, f"Transient/{subtype}", "bounce/Mailbox Unavailable")


def _block(code: str, status: str, text: str) -> Reply:
    return Reply(code, status, text, "Permanent/General", "blocked/Reputation")


def _later(code: str, status: str, text: str) -> Reply:
    return Reply(code, status, text, "Delay/TransientCommunicationFailure", "deferred/", is_deferral=True)


REPLIES = {
    "gmail_unknown": _hard("550", "5.1.1", "The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos or unnecessary spaces. For more information, go to https://support.google.com/mail/?p=NoSuchUser - gsmtp"),
    "microsoft_unknown": _hard("550", "5.5.0", "Requested action not taken: mailbox unavailable (S2017062302)."),
    "apple_unknown": _hard("550", "5.1.1", "<{to}>: user does not exist"),
    "yahoo_unknown": _hard("554", "", "delivery error: dd This user doesn't have a yahoo.com account ({to}) [-9] - mta4123.mail.ne1.yahoo.com"),
    "gmx_unknown": _hard("550", "", "Requested action not taken: mailbox unavailable"),
    "comcast_unknown": _hard("550", "5.1.1", "<{to}> recipient rejected: Not our Customer"),
    "orange_unknown": _hard("550", "5.1.1", "OFR_416 Adresse d au moins un destinataire invalide. Invalid recipient."),
    "m365_unknown": _hard("550", "5.1.10", "RESOLVER.ADR.RecipientNotFound; Recipient {to} not found by SMTP address lookup"),
    "user_unknown": _hard("550", "5.1.1", "<{to}>: Recipient address rejected: User unknown in virtual mailbox table"),
    "mailbox_full": _soft("552", "5.2.2", "<{to}>: mailbox is full / user is over quota", "MailboxFull"),
    "gmail_full": _soft("552", "5.2.2", "The email account that you tried to reach is over quota and inactive. Please direct the recipient to https://support.google.com/mail/?p=OverQuotaPerm - gsmtp", "MailboxFull"),
    "inactive": _soft("550", "5.2.1", "<{to}>: inactive email address"),
    "disabled": _soft("550", "5.2.1", "The email account that you tried to reach is inactive. For more information, go to https://support.google.com/mail/?p=DisabledUser - gsmtp"),
    "apple_block": _block("554", "5.7.1", "[CS02] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137"),
    "gmail_block": _block("550", "5.7.1", "Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, this message has been blocked. For more information, go to https://support.google.com/mail/?p=UnsolicitedMessageError - gsmtp"),
    "gmail_auth": _block("550", "5.7.26", "Your email has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM. - gsmtp"),
    "microsoft_block": _block("550", "5.7.1", "Unfortunately, messages from [192.0.2.25] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140). You can also refer your provider to http://mail.live.com/mail/troubleshooting.aspx#errors."),
    "yahoo_block": _block("553", "5.7.2", "[TSS09] All messages from 192.0.2.25 will be permanently deferred; Retrying will NOT succeed. See https://postmaster.yahooinc.com/error-codes"),
    "gmx_block": _block("550", "", "Requested action not taken: mailbox unavailable Reject due to policy restrictions. For explanation visit https://postmaster.gmx.net/en/case?c=hi&i=ip&v=192.0.2.25"),
    "spamhaus": _block("550", "5.7.1", "Service unavailable; client [192.0.2.25] blocked using zen.spamhaus.org"),
    "too_large": Reply("552", "5.3.4", "Message size exceeds fixed limit", "Transient/MessageTooLarge", "blocked/Content"),
    "gmail_over_quota": _later("452", "4.2.2", "The recipient's inbox is out of storage space and inactive. Please direct the recipient to https://support.google.com/mail/?p=OverQuotaTemp - gsmtp"),
    "greylisted": _later("450", "4.2.0", "<{to}>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/"),
    "unknown_for_now": _later("450", "4.1.1", "<{to}>: Recipient address rejected: User unknown in virtual mailbox table"),
    "yahoo_later": _later("421", "4.7.0", "[TSS04] Messages from 192.0.2.25 temporarily deferred due to unexpected volume or user complaints; see https://postmaster.yahooinc.com/error-codes"),
    "timeout": Reply("", "4.4.7", "Unable to deliver message for 50400 seconds", "Transient/General", "blocked/Technical Failure"),
    "out_of_office": Reply("", "", "", "Transient/General", ""),
    "echo": Reply("", "5.1.1", "Amazon SES did not send the message to this address because it is on the suppression list for your account.", "Permanent/OnAccountSuppressionList", "dropped/Bounced Address", is_echo=True),
    "global_echo": Reply("", "5.1.1", "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address.", "Permanent/Suppressed", "dropped/Bounced Address", is_echo=True),
    "unsubscribe_echo": Reply("", "", "", "Permanent/OnAccountSuppressionList", "dropped/Unsubscribed Address", is_echo=True),
}  # fmt: skip

UNKNOWN_AT = {
    "gmail.com": "gmail_unknown", "googlemail.com": "gmail_unknown", "outlook.com": "microsoft_unknown",
    "hotmail.com": "microsoft_unknown", "live.com": "microsoft_unknown", "msn.com": "microsoft_unknown",
    "icloud.com": "apple_unknown", "me.com": "apple_unknown", "mac.com": "apple_unknown", "yahoo.com": "yahoo_unknown",
    "yahoo.de": "yahoo_unknown", "aol.com": "yahoo_unknown", "gmx.de": "gmx_unknown", "gmx.net": "gmx_unknown",
    "web.de": "gmx_unknown", "comcast.net": "comcast_unknown", "orange.fr": "orange_unknown",
}  # fmt: skip
"""How each provider says that there is no such mailbox."""


def no_such_user(address: str) -> str:
    """Name of the reply by which the address's provider says so."""
    domain = address.rpartition("@")[2]
    return UNKNOWN_AT.get(domain, "m365_unknown" if len(domain) % 2 else "user_unknown")


def hard_block(address: str) -> str:
    """Name of the reply by which the address's provider refuses the sender."""
    blocks = {"gmail.com": "gmail_block", "yahoo.com": "yahoo_block", "gmx.de": "gmx_block"}
    microsoft = {"outlook.com", "hotmail.com", "live.com", "msn.com"}
    domain = address.rpartition("@")[2]
    return "microsoft_block" if domain in microsoft else blocks.get(domain, "spamhaus")
