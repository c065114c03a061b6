"""Messages in an mbox, a Maildir, a folder or an archive; whatever else lies there is counted or kept aside."""

import datetime as dt
import gzip
import os
import zipfile
from pathlib import Path

import pytest

from hygiene.ingest.mail import letters
from hygiene.model.errors import InputError
from tests.ingest.mail import SAMPLES, addresses, bounce, files, mbox, read


def test_an_mbox_is_read_message_by_message(tmp_path: Path) -> None:
    found = read(tmp_path, mbox(bounce(1), bounce(2), bounce(3)))
    rows = found.events.collect().sort("line")
    length = mbox(bounce(1)).count(b"\n")
    assert rows.select("address", "source", "line").rows() == [
        (f"gone{number}@example.org", "bounces", 1 + length * (number - 1)) for number in (1, 2, 3)
    ]


def test_blank_lines_before_an_mbox_and_a_line_like_its_marks_cost_nothing(tmp_path: Path) -> None:
    odd = bounce(1).replace(b"Spring is here.", b"From the team: meet us on Mon at 10:30, room 2026")
    rows = read(tmp_path, b"\n\n" + mbox(odd, bounce(2))).events.collect().sort("line")
    assert (rows["address"].to_list(), rows["line"][0]) == (["gone1@example.org", "gone2@example.org"], 3)


def test_a_packed_mbox_is_read_as_it_is(tmp_path: Path) -> None:
    assert addresses(read(tmp_path, gzip.compress(mbox(bounce(1), bounce(2))), "b.gz")) == [
        "gone1@example.org",
        "gone2@example.org",
    ]


def test_a_packed_mbox_that_is_cut_off_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cut off: copy it again"):
        read(tmp_path, gzip.compress(mbox(bounce(1), bounce(2)))[:-9], "b.gz")


def test_a_mailbox_whose_first_line_is_damaged_is_still_read(tmp_path: Path) -> None:
    damaged = mbox(bounce(1), bounce(2)).replace(b"From M", b"Frm M", 1)
    assert addresses(read(tmp_path, damaged, format="dsn")) == ["gone1@example.org", "gone2@example.org"]


def test_what_is_no_mail_is_refused_where_the_job_says_mail(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no mail"):
        read(tmp_path, b"email,kind\nann@example.org,bounced\n", format="dsn")


def test_an_empty_mailbox_that_the_job_names_has_no_events(tmp_path: Path) -> None:
    (tmp_path / "bounces").write_bytes(b"")
    (tmp_path / "Maildir/new").mkdir(parents=True)
    assert files(tmp_path, "bounces", format="dsn") == files(tmp_path, "Maildir") == []


def test_an_archive_is_read_file_by_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bounces.zip", "w") as archive:
        archive.writestr("in/one.eml", bounce(1))
        archive.writestr("more.mbox", mbox(bounce(2), bounce(3)))
        archive.writestr("notes.txt", "nothing of mail\n")
    found = files(tmp_path, "bounces.zip")[0].read()
    assert addresses(found) == [f"gone{number}@example.org" for number in (1, 2, 3)]
    assert set(found.events.collect()["source"]) == {"bounces.zip/in/one.eml", "bounces.zip/more.mbox"}
    assert found.rejects.select("source", "reason").rows() == [("bounces.zip/notes.txt", "no mail message")]


def test_a_damaged_file_of_an_archive_is_kept_aside_and_the_rest_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bounces.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in (1, 2, 3):
            archive.writestr(f"{number}.eml", bounce(number))
        broken = archive.getinfo("2.eml").header_offset + 60
    content = bytearray((tmp_path / "bounces.zip").read_bytes())
    content[broken : broken + 40] = bytes(40)
    found = read(tmp_path, bytes(content), "bounces.zip")
    assert addresses(found) == ["gone1@example.org", "gone3@example.org"]
    assert found.rejects["source"].to_list() == ["bounces.zip/2.eml"]


def maildir(folder: Path) -> Path:
    for name in ("tmp", "new", "cur"):
        (folder / "Maildir" / name).mkdir(parents=True)
    (folder / "Maildir/new/1772442933.M1.mx").write_bytes(bounce(1))
    (folder / "Maildir/cur/1772442934.M2.mx:2,S").write_bytes(bounce(2))
    (folder / "Maildir/tmp/1772442935.M3.mx").write_bytes(bounce(3)[:700])
    (folder / "Maildir/dovecot-uidlist").write_text("3 V1 N4\n")
    return folder / "Maildir"


def test_a_message_that_a_maildir_is_just_given_is_left_for_the_next_night(tmp_path: Path) -> None:
    maildir(tmp_path)
    found = files(tmp_path, "Maildir")
    assert [address for one in found for address in addresses(one.read())] == ["gone1@example.org", "gone2@example.org"]
    assert sum(one.read().rejects.height for one in found) == 0


def test_a_maildir_is_the_same_after_its_messages_were_seen(tmp_path: Path) -> None:
    folder = maildir(tmp_path)
    before = [one.digest for one in files(tmp_path, "Maildir")]
    (folder / "new/1772442933.M1.mx").rename(folder / "cur/1772442933.M1.mx:2,S")
    assert [one.digest for one in files(tmp_path, "Maildir")] == before


def test_a_message_that_is_moved_while_the_maildir_is_read_is_found_again(tmp_path: Path) -> None:
    folder = maildir(tmp_path)
    found = files(tmp_path, "Maildir")
    (folder / "new/1772442933.M1.mx").rename(folder / "cur/1772442933.M1.mx:2,S")
    assert sorted(address for one in found for address in addresses(one.read())) == [
        "gone1@example.org",
        "gone2@example.org",
    ]


def test_a_message_that_is_gone_is_kept_aside(tmp_path: Path) -> None:
    folder = maildir(tmp_path)
    found = files(tmp_path, "Maildir")
    (folder / "new/1772442933.M1.mx").unlink()
    read_now = [one.read() for one in found]
    assert [address for one in read_now for address in addresses(one)] == ["gone2@example.org"]
    assert [reason for one in read_now for reason in one.rejects["reason"]] == [
        "cannot be read (No such file or directory)"
    ]


def test_only_the_days_of_a_folder_that_changed_are_new(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number, day in ((1, 1), (2, 2)):
        path = tmp_path / f"in/{number}.eml"
        path.write_bytes(bounce(number))
        written = dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC).timestamp()
        os.utime(path, (written, written))
    before = [one.digest for one in files(tmp_path, "in")]
    (tmp_path / "in/3.eml").write_bytes(bounce(3))
    after = [one.digest for one in files(tmp_path, "in")]
    assert (len(before), after[:2]) == (2, before)
    assert {one.digest for one in files(tmp_path, "in/*.eml")} == set(after)


def test_a_mailbox_that_is_read_for_bounces_alone_counts_its_complaints(tmp_path: Path) -> None:
    both = mbox(bounce(1), (SAMPLES / "arf/abuse.eml").read_bytes())
    assert dict(read(tmp_path, both).kinds) == {"bounced": 1, "complained": 1}
    alone = read(tmp_path, both, format="dsn")
    assert (dict(alone.kinds), sum(alone.ignored.values())) == ({"bounced": 1}, 1)


def test_a_long_message_costs_no_more_memory_than_its_beginning(tmp_path: Path) -> None:
    long = bounce(1) + b"and so on, and so on\n" * 100_000
    (tmp_path / "bounces").write_bytes(mbox(long, bounce(2)))
    found = list(letters.letters(tmp_path / "bounces"))
    assert max(len(letter.content) for letter in found) <= letters.MOST_BYTES + letters.LONGEST_LINE
    assert addresses(files(tmp_path, "bounces")[0].read()) == ["gone1@example.org", "gone2@example.org"]
