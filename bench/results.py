"""bench/RESULTS.md: one section per benchmark, each written anew by its own command and never by hand."""

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

FILE = Path(__file__).with_name("RESULTS.md")
HEAD = "# Measured\n\nWritten by the commands named, never by hand. CPU seconds are those of all cores together.\n"


def write_section(title: str, command: str, text: str, packages: Sequence[str] = (), file: Path = FILE) -> None:
    """Puts `text` under `## title`, in place of what stood there, with machine, versions, date and command."""
    sections = _sections(file.read_text()) if file.exists() else {}
    sections[title] = (
        f"\n`{command}` · {machine()} · {versions(packages)} · {datetime.now(UTC):%Y-%m-%d}\n\n{text.strip()}\n"
    )
    body = "".join(f"\n## {name}\n{said}" for name, said in sorted(sections.items()))
    file.write_text(HEAD + body)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; all columns but the first are set to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def versions(packages: Sequence[str]) -> str:
    """Of Python and of each package, as installed."""
    return ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in packages)])


def machine() -> str:
    """Cores, memory and processor."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    found = re.search(r"model name\s*: (.*)", _read("/proc/cpuinfo"))
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {found[1] if found else platform.machine()}"


def _sections(text: str) -> dict[str, str]:
    return dict(re.findall(r"^## ([^\n]*)\n(.*?)(?=\n## |\Z)", text, re.MULTILINE | re.DOTALL))


def _read(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""
