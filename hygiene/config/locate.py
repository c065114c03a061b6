"""On which line of a TOML text does a key stand? The standard parser does not say.

The text is known to be valid TOML: the parser has read it before, so this only follows its structure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

Place = tuple[str | int, ...]
"""Keys and array indices from the root: `("lists", 0, "path")`."""

_TOKEN = re.compile(
    r"""
    (?P<string>\"\"\"(?:\\.|[^\\])*?\"{3,5} | '''.*?'{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*')
  | (?P<comment>\#[^\n]*)
  | (?P<newline>\n)
  | (?P<punctuation>[\[\]{}=,.])
  | (?P<bare>[^\s\[\]{}=,.\#"']+)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass
class _Token:
    text: str
    kind: str
    line: int

    @property
    def name(self) -> str:
        """A key without its quotes."""
        return self.text[1:-1] if self.kind == "string" else self.text


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "comment":
            yield _Token(match.group(), match.lastgroup or "", line)
        line += match.group().count("\n")
    yield _Token("", "end", line)


@dataclass
class _Scanner:
    tokens: list[_Token]
    at: int = 0
    lines: dict[Place, int] = field(default_factory=dict)
    sizes: dict[Place, int] = field(default_factory=dict)
    """Number of tables seen so far in each array of tables."""

    def scan(self) -> None:
        table: Place = ()
        while self._peek().kind != "end":
            if self._peek().kind == "newline":
                self.at += 1
            elif self._peek().text == "[":
                table = self._header()
            else:
                self._pair(table)

    def _peek(self) -> _Token:
        return self.tokens[self.at]

    def _take(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def _skip(self, *texts: str) -> None:
        while self._peek().kind == "newline" or self._peek().text in texts:
            self.at += 1

    def _header(self) -> Place:
        line = self._take().line
        is_array = self._peek().text == "["
        self.at += is_array
        *above, last = self._key()
        self.at += 1 + is_array
        place = (*self._into_arrays(above), last)
        if is_array:
            self.lines.setdefault(place, line)
            self.sizes[place] = self.sizes.get(place, 0) + 1
            place = (*place, self.sizes[place] - 1)
        elif place in self.sizes:
            place = (*place, self.sizes[place] - 1)
        self.lines[place] = line
        return place

    def _into_arrays(self, names: list[str]) -> Place:
        """`[lists.options]` below `[[lists]]` belongs to the last of its tables."""
        place: Place = ()
        for name in names:
            place = (*place, name)
            if place in self.sizes:
                place = (*place, self.sizes[place] - 1)
        return place

    def _key(self) -> list[str]:
        names = [self._take().name]
        while self._peek().text == ".":
            self.at += 1
            names.append(self._take().name)
        return names

    def _pair(self, table: Place) -> None:
        line, place = self._peek().line, table
        for name in self._key():
            place = (*place, name)
            self.lines.setdefault(place, line)
        self.at += 1
        self._value(place)

    def _value(self, place: Place) -> None:
        first = self._take()
        if first.text == "[":
            self._array(place)
        elif first.text == "{":
            self._inline_table(place)
        elif first.kind != "string":
            # A date with a time, or a float, is several tokens.
            while self._peek().kind == "bare" or self._peek().text == ".":
                self.at += 1

    def _array(self, place: Place) -> None:
        index = 0
        self._skip()
        while self._peek().text != "]":
            self.lines[(*place, index)] = self._peek().line
            self._value((*place, index))
            self._skip(",")
            index += 1
        self.at += 1

    def _inline_table(self, place: Place) -> None:
        self._skip()
        while self._peek().text != "}":
            self._pair(place)
            self._skip(",")
        self.at += 1


def lines(text: str) -> dict[Place, int]:
    """The line of every table, key and array item of a valid TOML text, from 1."""
    scanner = _Scanner(list(_tokens(text)))
    scanner.scan()
    return scanner.lines


def line_of(place: Place, known: dict[Place, int]) -> int:
    """The line of a place, or of the nearest thing around it that stands in the text."""
    for end in range(len(place), 0, -1):
        if place[:end] in known:
            return known[place[:end]]
    return 1
