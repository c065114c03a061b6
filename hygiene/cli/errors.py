"""How a command ends: one sentence on stderr, and an exit code that a scheduler can act on. The only such place."""

import contextlib
import errno
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable
from typing import Any

import click

from hygiene.cli.options import OUTPUT
from hygiene.model.errors import HygieneError, OutputError

EXIT_CODES = {
    0: "all is well",
    1: "`check` says do not send, or a verification found a change",
    2: "wrong usage, job file or input",
    3: "held by the brake; `hygiene release` publishes",
    4: "too little is known to answer",
    5: "another run holds the job",
    6: "disk, state or network",
    70: "a bug; nothing was published",
    130: "interrupted",
    141: "whoever read the output went away",
}

_DISK = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "the file system is read-only",
}


def ending(command: Callable[[], Any]) -> int:
    """Runs a command; its exit code, with a sentence on stderr unless all is well."""
    try:
        code = command()
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        # Nothing can be said to a reader that has gone; what is left in the buffer must not fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (KeyboardInterrupt, click.Abort):
        return _end("interrupted; what was not complete was not published.", 130)
    except HygieneError as error:
        return _end(str(error), error.exit_code)
    except click.ClickException as error:
        return _usage(error)
    except Exception as error:  # noqa: BLE001 - the one place where a bug becomes a sentence
        return _unforeseen(error)


def _usage(error: click.ClickException) -> int:
    message = error.format_message()
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(message, err=True)
        return 2
    context = getattr(error, "ctx", None)
    where_help = f" Try `{context.command_path} --help`." if context else ""
    return _end(f"{message[:1].lower()}{message[1:]}{where_help}", 2)


def _unforeseen(error: Exception) -> int:
    if isinstance(error, MemoryError):
        return _end("memory ran out; nothing was published.", OutputError.exit_code)
    if (cause := _DISK.get(_errno(error) or 0)) is not None:
        where = getattr(error, "filename", None) or ""
        return _end(str(OutputError(f"{cause}.", str(where))), OutputError.exit_code)
    again = "" if OUTPUT.debug else "; run again with --debug"
    return _end(f"internal error ({type(error).__name__}: {error}); nothing was published{again}.", 70)


def _errno(error: Exception) -> int | None:
    """The system's number of what went wrong; polars and Delta Lake put it into the text."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = re.search(r"\(os error (\d+)\)", str(error))
    return int(found[1]) if found else None


def _end(sentence: str, code: int) -> int:
    # A reader of stderr may be gone too.
    with contextlib.suppress(OSError):
        if OUTPUT.debug:
            traceback.print_exc()
        if OUTPUT.log_json:
            logging.getLogger("hygiene.cli").error(sentence, extra={"exit_code": code})
        else:
            click.echo(f"hygiene: {sentence}", err=True)
    return code
