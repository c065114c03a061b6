"""URL-encoded bodies of webhooks, one a line, as JSON lines."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qsl

from hygiene.ingest.streams import working_copy
from hygiene.ingest.text import TextFile

BODY = re.compile(r"(?!sep=)[A-Za-z_][\w%\[\].-]*=")
"""How a body begins; `sep=` is Excel's word for a delimiter."""
MOST_FIELDS = 10_000


def is_form(head: str) -> bool:
    """Whether the file holds bodies of forms."""
    return BODY.match(head.lstrip("\ufeff \t\r\n")) is not None


def as_json(text: TextFile, work: Path) -> Path:
    """A working copy with an object for each body, on the same line; what is no body stays as it is."""
    with text.utf8.open(encoding="utf-8", newline="\n") as lines, working_copy(work, text.path) as file:
        for line in lines:
            file.write((_object(line.strip("\ufeff\r\n")) + "\n").encode())
    return Path(file.name)


def _object(line: str) -> str:
    try:
        fields = parse_qsl(line, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return line
    return json.dumps(dict(fields)) if fields and BODY.match(line) else line
