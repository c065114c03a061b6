"""Is it an address, or what a reporter put in its place? A hash or a mask is never read as a recipient (RFC 6590)."""

import re

MASKED = re.compile(
    r"""(?ix)
    (?:redacted|removed|hidden|masked|anonymi[sz]ed|undisclosed(?:-recipients?)?)(?:[-_.+].*)?
    | x{4,} | .*\*{2,}.* | \*
    | [0-9a-f]{32} | [0-9a-f]{40} | [0-9a-f]{56} | [0-9a-f]{64}     # MD5, SHA-1, SHA-224, SHA-256
    | [a-z0-9+/_-]{20,}={1,2}                                       # a digest in base 64, as RFC 6590 writes it
    """
)
NO_DOMAIN = re.compile(r"(?i)(?:redacted|removed|hidden|masked)(?:\..*)?|.*\.invalid|.*\*{2,}.*|x{4,}(?:\..*)?")


def is_redacted(address: str) -> bool:
    """Whether an addr-spec names nobody; a text without @ names nobody either."""
    local, at, domain = address.rpartition("@")
    return not at or not local or bool(MASKED.fullmatch(local) or NO_DOMAIN.fullmatch(domain))
