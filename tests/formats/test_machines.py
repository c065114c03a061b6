"""Who opened or clicked, where the system does not say: by address range, then by user agent."""

import polars as pl
import pytest
from polars import col

from hygiene.formats.agents import agents, is_machine, ranges

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0"


def told(kind: str, agent: str | None, ip: str | None) -> bool | None:
    row = pl.DataFrame(
        {"kind": [kind], "agent": [agent], "ip": [ip]}, schema=dict.fromkeys(("kind", "agent", "ip"), pl.String)
    )
    found: bool | None = row.select(is_machine(col("agent"), col("ip"), col("kind"))).item()
    return found


@pytest.mark.parametrize(
    ("kind", "agent", "ip", "expected"),
    [
        ("clicked", BROWSER, "209.222.80.0", True),
        ("clicked", BROWSER, "209.222.87.255", True),
        ("clicked", BROWSER, "209.222.88.0", False),
        ("opened", None, "64.235.150.7", True),
        ("opened", None, "192.0.2.1", None),
        ("opened", BROWSER, "2001:db8::1", False),
        ("opened", BROWSER, "209.222.80", False),
        ("opened", BROWSER, "999.999.999.999", False),
        ("opened", BROWSER, "", False),
        ("opened", "Mozilla/5.0", "192.0.2.1", True),
        ("clicked", "Mozilla/5.0", "192.0.2.1", False),
        ("delivered", "curl/8", "209.222.80.1", None),
        ("opened", None, None, None),
    ],
)
def test_range_and_agent_tell_together(kind: str, agent: str | None, ip: str | None, expected: bool | None) -> None:
    assert told(kind, agent, ip) is expected


def test_every_sign_says_why_how_surely_and_from_where() -> None:
    for sign in (*agents(), *ranges()):
        assert sign.confidence in ("high", "medium", "low")
        assert sign.why.endswith(".")
        assert sign.source.startswith("https://")
