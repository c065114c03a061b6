"""What a run tells other systems to remove: only whom no rule suppresses any more."""

from pathlib import Path

from tests.conftest import hygiene

JOB = """
as_of = "{as_of}"
state = "state"
out = "out"
[policy]
brake_first_share = 1.0
brake_list_share = 1.0
[[lists]]
name = "letter"
path = "letter.csv"
[dns]
mode = "off"
[publish]
exports = ["csv"]
"""
ANN, ROLE = "ann@example.org", "abuse@example.org"


def test_a_lift_does_not_remove_whom_another_rule_suppresses(tmp_path: Path) -> None:
    (tmp_path / "letter.csv").write_text(f"email\n{ANN}\n{ROLE}\nbob@example.org\n")
    job = tmp_path / "job.toml"
    job.write_text(JOB.format(as_of="2026-07-01 00:00:00+00:00"))
    words = ("--job", "job.toml", "--reason", "they asked")
    assert hygiene("suppress", ANN, ROLE, *words, cwd=tmp_path).returncode == 0
    assert hygiene("run", "job.toml", "-q", cwd=tmp_path).returncode == 0
    job.write_text(JOB.format(as_of="2026-07-02 00:00:00+00:00"))
    assert hygiene("lift", ANN, ROLE, "--rule", "MAN002", *words, cwd=tmp_path).returncode == 0
    assert hygiene("run", "job.toml", "-q", cwd=tmp_path).returncode == 0
    removed = (tmp_path / "out/latest/delta/csv-remove.csv").read_text()
    assert ROLE in (tmp_path / "out/latest/suppressed.csv").read_text()
    assert (ANN in removed, ROLE in removed) == (True, False)
