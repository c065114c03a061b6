"""What is wrong with a job file, said for the person who wrote it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hygiene.config.locate import Place


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong, and where."""

    place: Place
    says: str

    @property
    def text(self) -> str:
        """The key and what is wrong with it; the number of a table in its array is left to the line."""
        key = ".".join(part for part in self.place if isinstance(part, str))
        return f"{key}: {self.says}" if key else self.says


def mistakes(error: ValidationError, model: type[BaseModel]) -> list[Mistake]:
    """Everything that a model found wrong."""
    found = (Mistake(_place(detail), _says(detail, model)) for detail in error.errors())
    return list(dict.fromkeys(found))


def nearest(word: object, allowed: Iterable[str]) -> str:
    """`; did you mean path?`, or nothing where no allowed word is like it."""
    close = get_close_matches(str(word), list(allowed), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _place(detail: ErrorDetails) -> Place:
    """Without pydantic's own mark for a wrong key of a table."""
    return tuple(part for part in detail["loc"] if part != "[key]")


def _says(detail: ErrorDetails, model: type[BaseModel]) -> str:
    place, found = _place(detail), _shown(detail["input"])
    match detail["type"]:
        case "extra_forbidden":
            return f"unknown key{nearest(place[-1], keys_at(model, place[:-1]))}"
        case "missing":
            return "is missing"
        case "literal_error" | "enum":
            allowed = _allowed(detail["ctx"]["expected"])
            return f"is {found}, must be one of {', '.join(allowed)}{nearest(detail['input'], allowed)}"
        case "value_error":
            return str(detail["ctx"]["error"])
        case "string_pattern_mismatch":
            return f"is {found}, must be letters and digits, with dots, dashes and underscores between them"
        case _:
            return f"is {found}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"


def _shown(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _allowed(expected: str) -> list[str]:
    """From pydantic's prose: `'a', 'b' or 'c'`."""
    return [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]


def keys_at(model: type[BaseModel], place: Place) -> list[str]:
    """The keys that a model allows at a place below it."""
    current = model
    for part in place:
        inner = [] if isinstance(part, int) else list(_models(current.model_fields[part].annotation))
        current = inner[0] if inner else current
    return list(current.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
