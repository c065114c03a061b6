"""A TOML file as text and as tables, so that what is wrong can be told with its line."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from hygiene.config.locate import line_of, lines
from hygiene.config.mistakes import Mistake
from hygiene.model.errors import ConfigError

_POSITION = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)")


@dataclass(frozen=True)
class Source:
    """A file that is valid TOML."""

    path: Path
    text: str
    tables: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Reads a file; raises ConfigError where there is none, or where it is not TOML."""
        try:
            # Windows editors put a byte order mark first, which TOML does not allow.
            text = path.read_text("utf-8-sig")
        except FileNotFoundError as error:
            raise ConfigError(
                "there is no such file.", str(path), "`hygiene init` writes one to start from."
            ) from error
        except IsADirectoryError as error:
            raise ConfigError("is a folder, and a job or policy file is needed.", str(path)) from error
        except UnicodeDecodeError as error:
            raise ConfigError("is not a text file in UTF-8.", str(path)) from error
        return cls(path, text, _parsed(path, text))

    def told(self, found: list[Mistake]) -> list[str]:
        """The mistakes in the order of the file, each with its line."""
        known = lines(self.text)
        placed = sorted((line_of(mistake.place, known), mistake.text) for mistake in found)
        return [f"{self.path}:{line}: {text.rstrip('.?')}{'?' if text.endswith('?') else '.'}" for line, text in placed]


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _POSITION.search(str(error))
        line = found["line"] if found and found["line"] else text.count("\n") + 1
        raise ConfigError(f"not valid TOML: {_POSITION.sub('', str(error))}.", f"{path}:{line}") from error
