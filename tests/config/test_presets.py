"""The policies that ship: complete, commented, and what their presets say."""

from pathlib import Path

import pytest

from hygiene.config.load import load_policy
from hygiene.config.presets import PRESETS, preset
from hygiene.config.starter import policy_text
from hygiene.policy.policy import Policy

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize("name", PRESETS)
def test_a_shipped_policy_is_its_preset(name: str) -> None:
    assert load_policy(CONFIGS / f"policy-{name}.toml") == preset(name)


@pytest.mark.parametrize("name", PRESETS)
def test_a_shipped_policy_explains_every_number(name: str) -> None:
    text = (CONFIGS / f"policy-{name}.toml").read_text("utf-8")
    assert text == policy_text(name)
    assert [field for field in Policy.model_fields if f"{field} = " not in text and f"[{field}]" not in text] == []


def test_the_balanced_policy_is_the_default() -> None:
    assert preset("balanced") == Policy()
