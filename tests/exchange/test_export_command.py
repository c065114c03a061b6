"""`hygiene export`: what it says, and what it refuses."""

import datetime as dt
import json
from pathlib import Path

import pytest

from tests.conftest import hygiene
from tests.exchange.jobs import ANN, LATER, enter, exported, job, lift


def test_the_command_exports_and_confirms(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, (ANN, "BNC201"))
    path = str(loaded.path)
    told = json.loads(hygiene("export", "--to", "ses", "--job", path, "--json").stdout)
    assert told["added"] == 1
    assert hygiene("export", "confirm", told["export_id"], "--job", path).returncode == 0
    assert json.loads(hygiene("export", "--to", "ses", "--job", path, "--json").stdout)["added"] == 0


def test_the_command_tells_who_is_in_no_file_and_why(tmp_path: Path) -> None:
    loaded = job(tmp_path)
    enter(loaded, ("not an address", "SYN401"), (ANN, "CMP101"))
    exported(loaded, "ses", confirm=True)
    lift(loaded, ANN)
    later = LATER + dt.timedelta(days=1)
    told = hygiene("export", "--to", "ses", "--job", str(loaded.path), "--as-of", later.isoformat()).stdout
    assert "0 to add, 0 to remove" in told
    assert "1 more in force: no address" in told
    assert "1 lifted here, once a complaint or an erasure: never removed there" in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Say which system"),
        (["--to", "nope"], "no format is called"),
        (["--to", "SES"], "Did you mean ses?"),
        (["--to", "ses", "--dry-run"], "--dry-run goes with --push"),
        (["--to", "hubspot", "--push"], "By its API there are brevo"),
        (["--to", "generic"], "takes no suppression file"),
        (["--to", "ses", "--reasons", "spam"], "there is no spam"),
        (["--to", "braze"], "--ids"),
    ],
)
def test_a_wrong_wish_is_told_kindly(arguments: list[str], says: str, tmp_path: Path) -> None:
    told = hygiene("export", *arguments, "--job", str(job(tmp_path).path))
    assert (told.returncode, says.lower() in told.stderr.lower()) == (2, True)
