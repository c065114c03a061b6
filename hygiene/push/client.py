"""One HTTP API: requests at its pace, patience while it is busy, and a plain word for every answer."""

import email.utils
import logging
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hygiene.formats.api import Api
from hygiene.model.errors import ConfigError, InputError, PushError

if TYPE_CHECKING:
    import httpx
    from tenacity import RetryCallState

log = logging.getLogger(__name__)

TRIES = 8
LONGEST_WAIT = 900.0
"""Seconds; an API that wants more is left alone, and the next run goes on where this one stopped."""
TIMEOUT = 60.0
GO_ON = "Run it again later: it goes on."
BUSY = (408, 425, 429)
REFUSED = (400, 403, 404, 413, 422)
UNAUTHORIZED, FORBIDDEN, ABSENT = 401, 403, 404
LIBRARIES = ("httpx", "tenacity")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass
class BusyError(Exception):
    """Not now: the request is to be sent again."""

    why: str
    after: float | None = None
    """Seconds, where the API says how long."""


@dataclass
class RefusedError(Exception):
    """The API read the request and does not take it: a row is wrong, or the list is not there, or not ours."""

    why: str
    status: int


@dataclass
class Client:
    """Speaks to one API; `sleep` and `clock` are the tests' to replace."""

    api: Api
    base: str = ""
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    tries: int = TRIES
    timeout: float = TIMEOUT
    _next_at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.base = (self.base or self.api.base).rstrip("/")
        where = urlsplit(self.base)
        if where.scheme != "https" and where.hostname not in LOOPBACK:
            raise InputError("the key would travel in the clear.", self.base, "Give an address with https.")
        if not all(find_spec(name) for name in LIBRARIES):
            raise ConfigError(f"this needs {' and '.join(LIBRARIES)}.", fix="Install hygiene[push].")

    def ask(self, method: str, path: str, body: str = "", params: Mapping[str, str] | None = None) -> Any:
        """The answer's JSON (None for none); raises RefusedError, PushError, and ConfigError for a refused key."""
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

        patient = Retrying(
            retry=retry_if_exception_type(BusyError),
            stop=stop_after_attempt(self.tries),
            wait=_wait,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return patient(self._once, method, path, body, params)
        except BusyError as error:
            raise PushError(f"{error.why}, {self.tries} times.", self.base, GO_ON) from error

    def close(self) -> None:
        """Lets the connection go."""
        if "_http" in self.__dict__:
            self._http.close()

    @cached_property
    def _http(self) -> "httpx.Client":
        import httpx

        headers = {"User-Agent": "hygiene", "Content-Type": "application/json", **self.api.headers}
        secret = key_of(self.api)
        user = self.api.value.removeprefix("basic:")
        is_basic = user != self.api.value
        if not is_basic:
            headers[self.api.header] = self.api.value.replace("{key}", secret)
        return httpx.Client(headers=headers, auth=(user, secret) if is_basic else None, timeout=self.timeout)

    def _once(self, method: str, path: str, body: str, params: Mapping[str, str] | None) -> Any:
        import httpx

        self._pace()
        try:
            answer = self._http.request(method, self.base + path, content=body or None, params=params)
        except httpx.TransportError as error:
            raise BusyError(f"no answer ({type(error).__name__})") from error
        log.debug("%s %s: %s", method, self.base, answer.status_code)
        self._check(answer)
        return _json(answer)

    def _check(self, answer: "httpx.Response") -> None:
        status = answer.status_code
        if 200 <= status < 300:
            return
        if status in BUSY or status >= 500:
            after = _retry_after(answer.headers.get("Retry-After"), answer.headers.get("Date"))
            if after is not None and after > LONGEST_WAIT:
                raise PushError(f"asks to wait {after:,.0f} s.", self.base, GO_ON)
            raise BusyError(f"answered {status}", after)
        if status in REFUSED:
            raise RefusedError(_said(answer), status)
        if status == UNAUTHORIZED:
            raise key_refused(self.api, self.base)
        raise PushError(f"answered {status}: {_said(answer)}", self.base, "Is the address right?")

    def _pace(self) -> None:
        """Keeps requests as far apart as the API's rate wants."""
        wait = self._next_at - self.clock()
        if wait > 0:
            self.sleep(wait)
        self._next_at = self.clock() + 1 / self.api.per_second


def key_of(api: Api) -> str:
    """The credential, from the environment alone; raises ConfigError."""
    secret = os.environ.get(api.key, "")
    if not secret.strip():
        raise ConfigError("the credential is not set.", api.key, "Put it into the environment, not into a file.")
    return secret.strip()


def key_refused(api: Api, base: str) -> ConfigError:
    """What to say where the system does not take the key."""
    return ConfigError("the credential is refused.", api.key, f"Is it one for {base}, with the right to suppressions?")


def _wait(state: "RetryCallState") -> float:
    """As long as the API says, else 1, 2, 4, … seconds, and a bit, up to a minute."""
    from tenacity import wait_exponential_jitter

    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, BusyError) and error.after is not None:
        return error.after
    return wait_exponential_jitter(initial=1, max=60)(state)


def _retry_after(text: str | None, date: str | None) -> float | None:
    """Seconds, from seconds or a date (RFC 9110 section 10.2.3) counted from the answer's own; None if unreadable."""
    if text is None:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text) - email.utils.parsedate_to_datetime(date or "")
    except (ValueError, TypeError):
        return None
    return max(0.0, until.total_seconds())


def _json(answer: "httpx.Response") -> Any:
    try:
        return answer.json() if answer.content else None
    except ValueError:
        return None


def _said(answer: "httpx.Response") -> str:
    """The API's own words, on one line, not too long and without an address: they end in messages and logs."""
    return re.sub(r"[^\s\"'<>]+@[^\s\"'<>]+", "…", " ".join(answer.text.split()))[:200]
