"""A loopback HTTP server that stands for another system, with faults that are asked for one by one."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    """Without the query, percent-decoded."""
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What goes back; `json` None is an empty body."""

    status: int = 200
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


CUT, SLOW = "cut", "slow"
"""The request is carried out and the connection closed without an answer · the answer comes too late."""
Fault = Answer | str
DATE = "Mon, 02 Mar 2026 09:15:31 GMT"
System = Callable[[Asked], Answer]


@dataclass
class Server:
    """A running server, what it was asked, and what it is to do wrong next."""

    base: str
    asked: list[Asked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    slowness: float = 1.0
    after: int = 0
    """Requests that are served well before the faults begin."""

    def next_fault(self) -> Fault | None:
        if self.after:
            self.after -= 1
            return None
        return self.faults.pop(0) if self.faults else None

    def of(self, method: str) -> list[Asked]:
        return [one for one in self.asked if one.method == method]


@contextmanager
def serving(system: System) -> Iterator[Server]:
    """Serves the system on a free port of the loopback."""
    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server = Server(f"http://127.0.0.1:{listener.server_address[1]}")
    listener.told = (system, server)  # type: ignore[attr-defined]
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """One request: noted, then answered as the system does or as the next fault says."""

    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        system, server = self.server.told  # type: ignore[attr-defined]
        where = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, unquote(where.path), dict(parse_qsl(where.query)), headers, body)
        server.asked.append(asked)
        fault = server.next_fault()
        if isinstance(fault, Answer):
            self._say(fault)
            return
        answer = system(asked)
        if fault == CUT:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if fault == SLOW:
            time.sleep(server.slowness)
        self._say(answer)

    def _say(self, answer: Answer) -> None:
        body = answer.raw if answer.raw is not None else b""
        if answer.json is not None:
            body = json.dumps(answer.json).encode()
        try:
            self.send_response_only(answer.status)
            for name, value in {"Content-Length": str(len(body)), "Date": DATE, **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names that http.server asks for

    def log_message(self, *_: object) -> None:
        """Says nothing."""
