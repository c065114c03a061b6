"""One resolver: its sockets, what is in flight there, how fast it may be asked, and how it fares."""

import os
import socket
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

from hygiene.lookup.engine.wire import RecordType, query

CHANNELS = 4
"""Sockets per resolver: each has a random port of its own, which a forger has to guess with the id (RFC 5452)."""
LARGEST_WINDOW = 200
"""Questions in flight to one resolver; 500 at once overflow a receive buffer of 212,992 bytes (measured)."""
SMALLEST_WINDOW = 16
FIRST_WINDOW = 32
LEAST_TO_ADAPT = 16
LOSS_TO_SLOW_DOWN = 0.1
"""Share of timeouts above which the window is halved; below it, it grows (AIMD). Lame domains alone cause some."""
TROUBLED = 0.5
NEVER = float("inf")
DATAGRAMS_A_TURN = 64
"""Most datagrams read before others get their turn, so that a flood cannot stop the clock."""
DRAINED_TURNS = LARGEST_WINDOW // DATAGRAMS_A_TURN + 1
"""So many turns read all answers that can be under way."""


@dataclass(frozen=True)
class Endpoint:
    """Address and port of a resolver."""

    host: str
    port: int = 53

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 53 else f"{host}:{self.port}"


@dataclass(slots=True, eq=False)
class Question:
    """A question on its way through tries and resolvers."""

    name: str
    rdtype: RecordType
    asked: bytes
    tries: int = 0
    refusals: int = 0
    """Answers that were errors."""
    with_edns: bool = True
    is_open: bool = True
    sent_at: float = 0.0
    due_at: float = NEVER
    """When to look at it again, unless it is answered before."""
    last: "Upstream | None" = None
    """Who was asked last."""
    is_in_flight: bool = False
    tickets: list[tuple[dict[bytes, Self], bytes]] = field(default_factory=list)
    """Where a late answer may still arrive: the register of a channel, and the id there."""

    def leave(self) -> None:
        """Nobody waits for the current try any more."""
        if self.is_in_flight and self.last is not None:
            self.last.in_flight -= 1
        self.is_in_flight = False
        self.due_at = NEVER

    def close(self) -> None:
        """The question is answered or given up."""
        self.leave()
        self.is_open = False
        for register, query_id in self.tickets:
            register.pop(query_id, None)
        self.tickets.clear()


Register = dict[bytes, Question]
"""Questions by the two octets of their id."""
Batch = list[tuple[Question, bytes]]
"""Messages with the id of a question, as they came in."""
Deliver = Callable[["Upstream", Batch], None]


class Upstream:
    """A resolver with its window (AIMD), rate (token bucket) and health; sockets live from `open` to `close`."""

    def __init__(self, endpoint: Endpoint, largest_window: int, questions_per_second: float) -> None:
        self.endpoint = endpoint
        self.name = str(endpoint)
        self.largest_window = min(LARGEST_WINDOW, max(1, largest_window))
        self.window = float(min(FIRST_WINDOW, self.largest_window))
        self.rate = questions_per_second
        self.in_flight = 0
        self.trouble = 0.0
        """Moving share of questions that ended in a timeout or an error."""
        self.answers, self.errors, self.timeouts, self.seconds = 0, 0, 0, 0.0
        self._tokens, self._filled_at = 1.0, 0.0
        self._seen = self._lost = 0
        self._sent_at = 0.0
        self._channels: list[tuple[socket.socket, Register]] = []
        self._random = _random_numbers()

    def open(self, loop: AbstractEventLoop, deliver: Deliver) -> None:
        """Opens the sockets; messages with a known id go to `deliver`. There are none where no way leads."""
        family = socket.AF_INET6 if ":" in self.endpoint.host else socket.AF_INET
        for _ in range(CHANNELS):
            channel = _connected(family, self.endpoint)
            if channel is None:
                self.trouble = 1.0
                return
            register: Register = {}
            self._channels.append((channel, register))
            loop.add_reader(channel, self._receive, channel, register, deliver)

    def drain(self, deliver: Deliver) -> None:
        """Reads what waits in the sockets, as the loop would in its own time."""
        for channel, register in self._channels * DRAINED_TURNS:
            self._receive(channel, register, deliver)

    def close(self, loop: AbstractEventLoop) -> None:
        """Closes the sockets."""
        for channel, register in self._channels:
            loop.remove_reader(channel)
            channel.close()
            register.clear()
        self._channels.clear()
        self.in_flight = 0

    @property
    def is_in_reach(self) -> bool:
        """Whether there is a way to the address at all."""
        return bool(self._channels)

    def is_free(self, now: float) -> bool:
        """Whether window and rate allow another question."""
        if self.in_flight >= self.window or not self._channels:
            return False
        if self._tokens < 1.0:
            burst = max(1.0, self.rate / 20)
            self._tokens = min(burst, self._tokens + (now - self._filled_at) * self.rate)
            self._filled_at = now
        return self._tokens >= 1.0

    def is_worth_asking(self, now: float) -> bool:
        """Whether the resolver fares well, or is due to be tried again after it did not."""
        return self.trouble < TROUBLED or now - self._sent_at > 1.0

    def send(self, question: Question, now: float) -> None:
        """Sends a question; one that cannot leave is lost like any other datagram, and its timer finds out."""
        number = next(self._random)
        channel, register = self._channels[(number >> 16) % len(self._channels)]
        query_id = (number & 0xFFFF).to_bytes(2)
        while query_id in register:
            query_id = (next(self._random) & 0xFFFF).to_bytes(2)
        register[query_id] = question
        question.tickets.append((register, query_id))
        question.last, question.is_in_flight, question.sent_at = self, True, now
        self.in_flight += 1
        self._tokens -= 1.0
        self._sent_at = now
        try:
            channel.send(query(query_id, question.asked, with_edns=question.with_edns))
        except OSError:
            self.trouble += (1 - self.trouble) / 16

    def note_answer(self, question: Question, now: float, *, is_error: bool) -> None:
        """An answer came, of use or an error."""
        self.answers += 1
        self.errors += is_error
        self.seconds += now - question.sent_at
        self.trouble += (is_error - self.trouble) / 16
        self._seen += 1
        if self._seen >= self.window:
            self._adapt()

    def note_timeout(self) -> None:
        """A try came to nothing."""
        self.timeouts += 1
        self.trouble += (1 - self.trouble) / 16
        self._seen += 1
        self._lost += 1
        if self._seen >= self.window:
            self._adapt()

    def _adapt(self) -> None:
        """Once per window: half of it where much was lost, else a few more."""
        if self._seen < LEAST_TO_ADAPT:
            return
        if self._lost > self._seen * LOSS_TO_SLOW_DOWN:
            self.window = max(min(SMALLEST_WINDOW, self.largest_window), self.window / 2)
        else:
            self.window = min(self.largest_window, self.window + 8)
        self._seen = self._lost = 0

    def _receive(self, channel: socket.socket, register: Register, deliver: Deliver) -> None:
        batch: Batch = []
        try:
            for _ in range(DATAGRAMS_A_TURN):
                message = channel.recv(4096)
                question = register.get(message[:2])
                if question is not None:
                    batch.append((question, message))
        except BlockingIOError:
            pass
        except OSError:  # "port unreachable" from the other side
            self.trouble += (1 - self.trouble) / 16
        if batch:
            deliver(self, batch)


def _random_numbers() -> Iterator[int]:
    """32 random bits of the system at a time: a channel and an id."""
    while True:
        yield from memoryview(os.urandom(4 * 1024)).cast("I")


def _connected(family: int, endpoint: Endpoint) -> socket.socket | None:
    """A socket that hears the resolver alone: the kernel drops what comes from elsewhere. None where no way leads."""
    channel = None
    try:
        channel = socket.socket(family, socket.SOCK_DGRAM)
        channel.setblocking(False)
        channel.connect((endpoint.host, endpoint.port))
    except OSError:
        if channel is not None:
            channel.close()
        return None
    return channel
