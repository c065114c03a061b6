"""User agents and networks of readers and of machines; addresses are from the blocks kept for documentation."""

from story.draw import between, one_of
from story.people import Happening

PEOPLE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
)
PRIVACY_PROTECTION = "Mozilla/5.0"
"""Apple's Mail Privacy Protection says nothing more than this."""
GATEWAY = "Mozilla/5.0 (compatible; Barracuda Sentinel/1.0)"
"""A company's filter follows every link before the mail is handed over."""
MACHINES = {"machine": PRIVACY_PROTECTION, "scanner": GATEWAY}


def agent(happening: Happening) -> str:
    """Who asked for the picture or the page."""
    return MACHINES.get(happening.kind) or one_of(PEOPLE, "agent", happening.recipient)


def network(happening: Happening) -> str:
    """From where they asked."""
    block = "198.51.100" if happening.kind in MACHINES else "203.0.113"
    return f"{block}.{between(1, 40, 'network', happening.recipient)}"
