"""Bounce messages and mail logs read into events by one process: messages and lines a CPU second, and peak memory.

python -m bench mail [MESSAGES]
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from hygiene.config import EventSource
from hygiene.ingest.events import read_events

SAMPLES = Path(__file__).parents[1] / "sample_data/formats/dsn"
FORMS = ("postfix.eml", "exchange.eml", "gmail.eml", "two-recipients.eml", "qmail.eml", "exim-words.eml")
LETTER = b"<p>Spring is here, and with it the seeds that you have been waiting for all winter.</p>\n" * 120
"""What a server returns with its report: a letter of 10 KB."""
LINES_PER_MESSAGE = 20


def mailbox(path: Path, messages: int) -> int:
    """An mbox of bounces in several servers' forms, each with its own recipient and the letter; its size in bytes."""
    forms = [(SAMPLES / name).read_bytes().replace(b"Spring is here.\n", LETTER) for name in FORMS]
    with path.open("wb") as file:
        for number in range(messages):
            message = forms[number % len(forms)].replace(b"1@example.org", b"%d@example.org" % number)
            file.write(b"From MAILER-DAEMON Mon Mar  2 09:15:33 2026\n" + message + b"\n")
    return path.stat().st_size


def log(path: Path, messages: int) -> int:
    """A Postfix log: of each message its arrival, sixteen recipients and its end; the number of lines."""
    with path.open("w") as file:
        for number in range(messages):
            head = f"Mar  2 09:15:31 mx1 postfix/{{}}[12]: {number:X}F0: "
            file.write(head.format("smtpd") + "client=app.letters.example.com[192.0.2.10]\n")
            file.write(head.format("cleanup") + f"message-id=<{number}@letters.example.com>\n")
            file.write(head.format("qmgr") + "from=<news@letters.example.com>, size=9999, nrcpt=16 (queue active)\n")
            for recipient in range(LINES_PER_MESSAGE - 4):
                to = f"to=<reader{number}.{recipient}@example.org>, relay=mx.example.org[192.0.2.25]:25, delay=1.3, "
                said = "dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.25] said: 550 5.1.1 user unknown)"
                sent = "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 77AC12F0)"
                file.write(head.format("smtp") + to + "delays=0.1/0.01/0.6/0.6, ")
                file.write((said if recipient == 0 else sent) + "\n")
            file.write(head.format("qmgr") + "removed\n")
    return messages * LINES_PER_MESSAGE


def measured(path: Path, work: Path) -> tuple[int, float]:
    """How many events the file has, and CPU seconds to read them."""
    began = time.process_time()
    rows = read_events(EventSource(path=str(path)), work, work)[0].read()
    return sum(rows.kinds.values()), time.process_time() - began


def main(arguments: list[str]) -> None:
    """Prints a line for each of the two."""
    messages = int(arguments[0]) if arguments else 20_000
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        size = mailbox(work / "bounces", messages)
        events, seconds = measured(work / "bounces", work)
        print(
            f"{messages:,} messages, {size / 1e6:.0f} MB, {events:,} events: {messages / seconds:,.0f} messages/CPU s"
        )
        lines = log(work / "maillog-20260310", messages * 5)
        events, seconds = measured(work / "maillog-20260310", work)
        print(f"{lines:,} lines, {events:,} events: {lines / seconds:,.0f} lines/CPU s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main(sys.argv[1:])
