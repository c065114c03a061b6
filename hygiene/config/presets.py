"""Three policies to start from, as what they change in the defaults; the brake is the same in all."""

from typing import Any, Final

from hygiene.policy.policy import Policy

PRESETS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "balanced": ("The defaults, each tied to its source.", {}),
    "strict": (
        "For a sender under review by a provider: fewer chances before mail stops, and a gate that closes earlier.",
        {
            "hard_bounces_when_engaged": 1,
            "soft_strikes_to_suppress": 3,
            "soft_streak_days": 7,
            "full_strikes_to_suppress": 2,
            "soft_suppression_days": 180,
            "sunset_deliveries": 4,
            "sunset_tenure_days": 120,
            "sunset_fortnightly_days": 75,
            "sunset_monthly_days": 120,
            "sunset_quarterly_days": 200,
            "machine_opens_shield": False,
            "role_click_days": 90,
            "suppress_quoted": True,
            "gate_bounce_share": 0.01,
            "gate_suppressed_share": 0.10,
            "gate_dns_age_days": 30,
            "gate_idle_share": 0.30,
            "gate_run_age_days": 1,
        },
    ),
    "lenient": (
        "For mail that people must not miss: more proof before mail stops, and nobody is dropped for silence.",
        {
            "hard_bounces_to_suppress": 2,
            "hard_bounces_when_engaged": 3,
            "engaged_guard_days": 180,
            "soft_strikes_to_suppress": 7,
            "soft_streak_days": 30,
            "full_strikes_to_suppress": 5,
            "soft_suppression_days": 45,
            "sunset_enabled": False,
            "sunset_deliveries": 11,
            "sunset_tenure_days": 365,
            "sunset_daily_days": 60,
            "sunset_weekly_days": 120,
            "sunset_fortnightly_days": 180,
            "sunset_monthly_days": 274,
            "sunset_quarterly_days": 365,
            "suppress_technical_roles": False,
            "role_click_days": 365,
            "nxdomain_observations": 3,
            "nxdomain_hours": 168,
            "no_service_observations": 5,
            "no_service_days": 14,
            "spf_refuses_observations": 3,
        },
    ),
}


def preset(name: str) -> Policy:
    """The policy of that name."""
    return Policy(**PRESETS[name][1])
