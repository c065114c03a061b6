"""What a new user gets wrong: one clear sentence, the right exit code, nothing lost and no traceback."""

import gzip
from pathlib import Path

import pytest

from tests.conftest import hygiene

GOOD = b"email,name\nann@example.org,Ann\nbob@example.org,Bob\n"
JOB = '{top}state = "state"\nout = "out"\n[[lists]]\nname = "letter"\npath = "{path}"\n{list}\n[dns]\nmode = "off"\n'
FAULTS: list[tuple[str, bytes | None, str, str, str]] = [
    ("missing file", None, "", "", "there is no such file"),
    ("empty file", b"", "", "", "the file is empty"),
    ("binary file", bytes(range(256)) * 40, "", "", "letter.csv"),
    ("truncated gzip", gzip.compress(GOOD * 500)[:-20], "", "", "cut off"),
    ("missing column", GOOD, "", 'address_column = "emial"', "Did you mean email?"),
    ("no address column", b"a,b\n1,2\n", "", "", "no column holds addresses"),
    (
        "wrong encoding",
        "email,name\nann@example.org,Zoë\n".encode("cp1252") * 40,
        "",
        'encoding = "utf-8"',
        "letter.csv",
    ),
    ("unknown key", GOOD, 'polcy = "x"\n', "", "policy"),
    ("ragged file", b"email,name\n" + b"ann@example.org\n" * 40, "", "", "cannot be read"),
]


@pytest.mark.parametrize(
    ("content", "top", "extra", "says"), [fault[1:] for fault in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_wrong_input_is_one_sentence_and_exit_code_2(
    tmp_path: Path, content: bytes | None, top: str, extra: str, says: str
) -> None:
    if content is not None:
        (tmp_path / "letter.csv").write_bytes(content)
    (tmp_path / "job.toml").write_text(JOB.format(top=top, path="letter.csv", list=extra))
    told = hygiene("run", "job.toml", "-q", cwd=tmp_path)
    assert told.returncode == 2, told.stderr
    assert says in told.stderr
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "out/latest").exists()


def test_a_folder_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "letter.csv").mkdir()
    (tmp_path / "job.toml").write_text(JOB.format(top="", path="letter.csv", list=""))
    told = hygiene("run", "job.toml", "-q", cwd=tmp_path)
    assert told.returncode == 2
    assert "is a folder" in told.stderr


def test_an_output_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "letter.csv").write_bytes(GOOD)
    (tmp_path / "out").write_text("a file where the folder should be")
    (tmp_path / "job.toml").write_text(JOB.format(top="", path="letter.csv", list=""))
    told = hygiene("run", "job.toml", "-q", cwd=tmp_path)
    assert told.returncode == 6
    assert "Traceback" not in told.stderr


def test_a_folder_in_the_place_of_the_latest_link_is_told_before_anything_is_entered(tmp_path: Path) -> None:
    (tmp_path / "letter.csv").write_bytes(GOOD)
    (tmp_path / "out/latest").mkdir(parents=True)
    (tmp_path / "job.toml").write_text(JOB.format(top="", path="letter.csv", list=""))
    told = hygiene("run", "job.toml", "-q", cwd=tmp_path)
    assert (told.returncode, told.stderr.count("\n")) == (6, 1)
    assert "out/latest: this is not the link that a run leaves here. Move it away." in told.stderr
    assert not (tmp_path / "state/ledger").exists()


def test_a_resolver_that_nobody_runs_suppresses_nobody(tmp_path: Path) -> None:
    (tmp_path / "letter.csv").write_bytes(GOOD)
    job = JOB.format(top="", path="letter.csv", list="").replace(
        'mode = "off"', 'mode = "live"\nresolvers = ["127.0.0.1:9"]\ntimeout_seconds = 0.5'
    )
    (tmp_path / "job.toml").write_text(job)
    told = hygiene("run", "job.toml", "-q", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert (tmp_path / "out/latest/letter.csv").read_bytes() == GOOD


def test_a_good_list_with_nothing_known_comes_out_as_it_went_in(tmp_path: Path) -> None:
    (tmp_path / "letter.csv").write_bytes(GOOD)
    (tmp_path / "job.toml").write_text(JOB.format(top="", path="letter.csv", list=""))
    assert hygiene("run", "job.toml", "-q", cwd=tmp_path).returncode == 0
    assert (tmp_path / "out/latest/letter.csv").read_bytes() == GOOD


@pytest.mark.parametrize(("bad", "is_told"), [(30, True), (1, False)])
def test_an_event_file_that_is_mostly_unreadable_is_told_plainly(bad: int, is_told: bool, tmp_path: Path) -> None:
    (tmp_path / "letter.csv").write_bytes(GOOD)
    good = "delivered,2026-03-02T09:15:31Z,ann@example.org\n"
    (tmp_path / "sent.csv").write_text("type,time,email\n" + "delivered,yesterday,bob@example.org\n" * bad + good * 20)
    (tmp_path / "job.toml").write_text(JOB.format(top="", path="letter.csv", list="[[events]]\npath = 'sent.csv'"))
    told = hygiene("run", "job.toml", "-q", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    says = "Note: sent.csv: 30 of 50 events cannot be read (line 2: no readable time)"
    assert (says in told.stdout) == is_told
    assert (tmp_path / "out/latest/rejected-events.csv").read_text().count("yesterday") == bad


@pytest.mark.parametrize("name", ["letter.csv", "letter[1].csv", "./letter.csv"])
def test_a_list_that_is_mailed_to_is_no_list_of_the_suppressed(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(GOOD)
    known = f'[[suppressions]]\nname = "esp"\npath = "{name}"\nformat = "csv"\n'
    (tmp_path / "job.toml").write_text(JOB.format(top="", path=name, list=""))
    (tmp_path / "night.toml").write_text(JOB.format(top="", path=name, list="") + known)
    for asked in (["ledger", "import", name, "--from", "esp", "--job", "job.toml"], ["run", "night.toml", "-q"]):
        told = hygiene(*asked, cwd=tmp_path)
        assert (told.returncode, told.stdout) == (2, "")
        assert "a list that this job mails to: all 2 addresses" in told.stderr


@pytest.mark.parametrize(
    ("header", "theirs", "ours", "entered"),
    [
        ("reason", "complaint", "delivered", 1),
        ("reason", "complaint", "", 1),
        ("status", "unsubscribed", "subscribed", 1),
    ],
)
def test_a_list_of_both_kinds_tells_who_is_suppressed(
    header: str, theirs: str, ours: str, entered: int, tmp_path: Path
) -> None:
    (tmp_path / "letter.csv").write_text(f"email,{header}\nann@example.org,{theirs}\nbob@example.org,{ours}\n")
    (tmp_path / "job.toml").write_text(JOB.format(top="", path="letter.csv", list=""))
    told = hygiene("ledger", "import", "letter.csv", "--from", "esp", "--job", "job.toml", cwd=tmp_path)
    assert (told.returncode, told.stdout) == (0, f"{entered} entered.\n")


@pytest.mark.parametrize(("status", "exit_code", "says"), [("active", 2, ""), ("subscribed", 0, "0 entered.\n")])
def test_a_mailed_list_whose_rows_are_all_alike_suppresses_nobody(
    status: str, exit_code: int, says: str, tmp_path: Path
) -> None:
    (tmp_path / "letter.csv").write_text(f"email,status\nann@example.org,{status}\n")
    (tmp_path / "job.toml").write_text(JOB.format(top="", path="letter.csv", list=""))
    told = hygiene("ledger", "import", "letter.csv", "--from", "esp", "--job", "job.toml", cwd=tmp_path)
    assert (told.returncode, told.stdout) == (exit_code, says)
