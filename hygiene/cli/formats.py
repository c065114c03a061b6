"""`hygiene formats`: which systems can be read and written, and how one of them is."""

import json
from collections.abc import Iterator, Mapping

import click

from hygiene.formats.api import Api
from hygiene.formats.format import EventRule, Format, ListSort, Paths, Reading, Shape, format_named
from hygiene.formats.format import formats as all_formats

LONGEST = 60
"""Characters of a condition that is listed."""
OF_THEIR_OWN = ("marks", "columns", "names", "synonyms", "kinds", "log", "mail")
"""Tables that are told apart; the patterns of logs and messages are read best in the format's own file."""


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def formats(name: str | None, as_json: bool) -> None:
    """List the systems that can be read and written, or tell how NAME is."""
    chosen = [format_named(name)] if name else list(all_formats().values())
    if as_json:
        facts = [each.model_dump(mode="json", exclude_defaults=True) for each in chosen]
        click.echo(json.dumps(facts[0] if name else facts, indent=2, ensure_ascii=False))
    elif name:
        click.echo("\n".join(_described(chosen[0])))
    else:
        click.echo("\n".join(_listed(chosen)))


def _listed(chosen: list[Format]) -> Iterator[str]:
    width = max(len(each.name) for each in chosen)
    yield f"{'name':<{width}} {'events':<7} {'list':<5} {'writes':<7} {'API':<4} title"
    for each in chosen:
        events = each.read.container if each.read else ""
        listed, written = "yes" if each.suppressions else "", "yes" if each.write else ""
        api = "yes" if each.api else ""
        yield f"{each.name:<{width}} {events:<7} {listed:<5} {written:<7} {api:<4} {each.title}"


def _described(system: Format) -> Iterator[str]:
    yield f"{system.name}: {system.title} (as of {system.as_of})"
    if system.read:
        yield from _events(system, system.read)
    if system.suppressions:
        listing = system.suppressions
        yield from _section(
            "Suppression list, read", listing.model_dump(exclude_defaults=True, exclude={"sort", "marks"})
        )
        yield from _marks(listing.marks)
        yield from _table("which list it is: the first that holds", dict(map(_sort, listing.sort)))
    if system.write:
        yield from _section("Suppression list, written", system.write.model_dump(exclude_defaults=True))
    if system.api:
        yield from _api(system.api)
    yield "\nSources"
    yield from (f"  {source}" for source in system.sources)


def _api(api: Api) -> Iterator[str]:
    """What a person must know to push and pull; the rest is in the format's own file."""
    given = {"address": api.base, "credential": api.key, "--scope": api.scope, "note": api.note}
    most = {"most rows a request": ", ".join(dict.fromkeys(f"{call.action} {call.batch:,}" for call in api.call))}
    yield from _section("API, for export --push and pull", {name: v for name, v in (given | most).items() if v})


def _events(system: Format, reading: Reading) -> Iterator[str]:
    settings = reading.model_dump(exclude_defaults=True, exclude=set(OF_THEIR_OWN))
    yield from _section(f"Events ({reading.container})", settings)
    yield from _marks(reading.marks)
    for title, table in (("names", reading.names), ("columns", reading.columns), ("synonyms", reading.synonyms)):
        yield from _table(title, {key: _paths(key, paths) for key, paths in table.items()})
    for shape in system.shape:
        yield from _shape(shape)
    if system.event:
        yield "\n  what a record means: the first that holds"
        yield from (f"    {_what(rule):<26} {_condition(rule.when)}" for rule in system.event)
    yield from _table("words", {word: kind.value for word, kind in reading.kinds.items()})


def _marks(marks: tuple[Paths, ...]) -> Iterator[str]:
    yield from (f"  known by:              {' + '.join(one)}" for one in marks)


def _shape(shape: Shape) -> Iterator[str]:
    each = f", for each of {shape.each}" if shape.each else ""
    yield from _table(
        f"columns where {_condition(shape.when)}{each}",
        {key: _paths(key, paths) for key, paths in shape.columns.items()},
    )


def _paths(column: str, paths: tuple[str, ...]) -> str:
    return (" / " if column == "esp_type" else " or ").join(paths)


def _sort(sort: ListSort) -> tuple[str, str]:
    files = [f"file = {_values(sort.file)}"] if sort.file else []
    columns = [f"columns {', '.join(sort.columns)}"] if sort.columns else []
    return " and ".join(files + columns), sort.family.value if sort.family else f"refused: {sort.refused}"


def _what(rule: EventRule) -> str:
    by = "" if rule.is_machine is None else " by software" if rule.is_machine else " by a person"
    return f"{rule.kind.value}{by}" if rule.kind else f"no event ({rule.ignored})"


def _condition(when: Mapping[str, tuple[str, ...]]) -> str:
    return " and ".join(f"{path} = {_values(values)}" for path, values in when.items()) or "any record"


def _values(values: tuple[str, ...]) -> str:
    return " | ".join({"": "(none)", "*": "(any)"}.get(value, value) for value in values)


def _section(title: str, facts: Mapping[str, object]) -> Iterator[str]:
    """Plain settings a line each, tables below them."""
    yield f"\n{title}"
    for name, value in facts.items():
        if not isinstance(value, dict):
            yield f"  {name + ':':<22} {_plain(value)}"
    for name, value in facts.items():
        if isinstance(value, dict):
            yield from _table(name, {key: _plain(below) for key, below in value.items()})


def _plain(value: object) -> str:
    return ", ".join(map(_plain, value)) if isinstance(value, tuple | list) else str(value)


def _table(title: str, rows: Mapping[str, str]) -> Iterator[str]:
    if rows:
        width = min(max(map(len, rows)), LONGEST)
        yield f"\n  {title}"
        yield from (f"    {key:<{width}}  {value}" for key, value in rows.items())
