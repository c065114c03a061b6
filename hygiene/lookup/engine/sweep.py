"""All questions of one look-up: who is asked next, when to ask again, when to stop."""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from hygiene.lookup.engine import parse
from hygiene.lookup.engine.upstream import Batch, Question, Upstream
from hygiene.lookup.engine.wire import RecordType, Reply, peek, question
from hygiene.validate.mx import Outcome

WAITS = (0.1, 0.2, 0.3, 0.4)
"""How long each try may take, as shares of the time for one question."""
REFUSALS = 2
"""Errors as answers, each if possible from another resolver, after which the error is the answer."""
TURN_SECONDS = 0.005
SILENCE = 3
"""Times the time for one question without any answer from anybody after which nobody is asked any more."""
TCP_AT_ONCE = 20
_ANSWERS = (Outcome.NOERROR, Outcome.NXDOMAIN)

Heard = Callable[["Sweep", Question, Reply, str | None], None]
"""Called once for every question, with the reply and who gave it; may ask more by `sweep.ask`."""


class Sweep:
    """Asks many questions of few resolvers; every question ends in exactly one reply, whatever happens."""

    def __init__(self, upstreams: list[Upstream], timeout: float, deadline_at: float, heard: Heard) -> None:
        self.upstreams = upstreams
        self.timeout = timeout
        self.deadline_at = deadline_at
        self._heard = heard
        self._ready: deque[Question] = deque()
        self._source: Iterator[tuple[str, RecordType]] = iter(())
        self._is_exhausted = False
        self._open: set[Question] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._tcp = asyncio.Semaphore(TCP_AT_ONCE)
        self._jitter = random.random

    async def run(self, questions: Iterable[tuple[str, RecordType]]) -> None:
        """Asks until every question has its reply, or the deadline is reached, or all resolvers have gone silent."""
        loop = asyncio.get_running_loop()
        self._now = loop.time
        self._source = iter(questions)
        self._heard_at = self._now()
        for upstream in self.upstreams:
            upstream.open(loop, self._deliver)
        try:
            await self._turns()
        finally:
            for task in self._tasks:
                task.cancel()
            for upstream in self.upstreams:
                upstream.close(loop)

    def ask(self, name: str, rdtype: RecordType) -> None:
        """One more question, before those not yet begun."""
        self._ready.append(self._question(name, rdtype))

    async def _turns(self) -> None:
        while True:
            now = self._now()
            if self._is_silent(now) or self._late(now):
                self._drain()
            self._expire(now)
            if now >= self.deadline_at or self._is_silent(now):
                self._give_up()
            self._fill()
            if self._is_exhausted and not self._open:
                return
            await asyncio.sleep(TURN_SECONDS)

    def _is_silent(self, now: float) -> bool:
        """Whether nobody answers any more, or nobody can be reached at all."""
        is_in_reach = any(upstream.is_in_reach for upstream in self.upstreams)
        return not is_in_reach or now - self._heard_at > SILENCE * self.timeout

    def _question(self, name: str, rdtype: RecordType) -> Question:
        asked = question(name, rdtype) or parse.question(name, rdtype)
        new = Question(name, rdtype, asked or b"")
        self._open.add(new)
        return new

    def _next(self) -> Question | None:
        """The next question to send: follow-ups and retries first, so that what is begun is finished."""
        while self._ready:
            if (waiting := self._ready.popleft()).is_open:
                return waiting
        fresh = next(self._source, None)
        self._is_exhausted = fresh is None
        return None if fresh is None else self._question(*fresh)

    def _fill(self) -> None:
        """Sends as much as windows and rates allow; its clock starts now, as taking answers in may have taken long."""
        now = self._now()
        while (upstream := self._pick(now)) is not None:
            following = self._next()
            if following is None:
                return
            if following.last is upstream:
                upstream = self._pick(now, following.last) or upstream
            if following.asked:
                self._send(following, upstream, now)
            else:  # no name that could be asked for
                self._finish(following, Reply(Outcome.OTHER), None)

    def _pick(self, now: float, other_than: Upstream | None = None) -> Upstream | None:
        """The freest of the resolvers that fare well; of all, where none does."""
        if len(self.upstreams) == 1:
            only = self.upstreams[0]
            return only if only is not other_than and only.is_free(now) else None
        fit = [upstream for upstream in self.upstreams if upstream.is_worth_asking(now)] or self.upstreams
        free = [upstream for upstream in fit if upstream is not other_than and upstream.is_free(now)]
        return min(free, key=lambda upstream: upstream.in_flight / upstream.window, default=None)

    def _send(self, sent: Question, upstream: Upstream, now: float) -> None:
        upstream.send(sent, now)
        wait = self.timeout * (WAITS[sent.tries] if sent.tries < len(WAITS) else WAITS[-1])
        sent.tries += 1
        sent.due_at = now + wait * (0.9 + 0.2 * self._jitter())

    def _late(self, now: float) -> list[Question]:
        """All whose time has come. Few are open at a time, so that a timer for each would cost more."""
        return [asked for asked in self._open if asked.due_at <= now]

    def _drain(self) -> None:
        """Reads what has arrived: where others hold the processor, it is this process that is late, and no answer."""
        for upstream in self.upstreams:
            upstream.drain(self._deliver)

    def _expire(self, now: float) -> None:
        for late in self._late(now):
            self._retry(late)

    def _retry(self, late: Question) -> None:
        """A try whose time is up, or a question that has waited long enough after an error."""
        if late.is_in_flight and late.last is not None:
            late.last.note_timeout()
            if late.tries >= len(WAITS):
                self._finish(late, Reply(Outcome.TIMEOUT), None)
                return
        late.leave()
        self._ready.append(late)

    def _deliver(self, upstream: Upstream, batch: Batch) -> None:
        """Messages came in; then as many questions go out."""
        now = self._now()
        for answered, message in batch:
            self._read(upstream, answered, message, now)
        self._fill()

    def _read(self, upstream: Upstream, answered: Question, message: bytes, now: float) -> None:
        """One message for a question; what is no answer to it is dropped, and the timer goes on."""
        reply = peek(message, answered.asked) or parse.read(message, answered.name, answered.rdtype)
        if reply is None or not answered.is_open:
            return
        self._heard_at = now
        if reply.outcome in _ANSWERS:
            upstream.note_answer(answered, now, is_error=False)
            self._finish(answered, reply, upstream.name)
            return
        is_cut = reply.outcome is Outcome.TRUNCATED
        upstream.note_answer(answered, now, is_error=not is_cut)
        if not (answered.is_in_flight and answered.last is upstream):
            return  # late: the question is already on its way again
        answered.leave()
        if is_cut:
            self._ask_tcp(answered, upstream)
        else:
            self._take(answered, upstream, reply)

    def _take(self, answered: Question, upstream: Upstream, reply: Reply) -> None:
        """An answer ends the question; an error is asked again elsewhere, or a little later."""
        if reply.outcome in _ANSWERS:
            self._finish(answered, reply, upstream.name)
            return
        if reply.outcome in (Outcome.FORMERR, Outcome.NOTIMP) and answered.with_edns:
            answered.with_edns = False  # RFC 6891 section 7: perhaps it does not know EDNS
            self._ready.append(answered)
            return
        answered.refusals += 1
        if answered.refusals >= REFUSALS or answered.tries >= len(WAITS):
            self._finish(answered, reply, upstream.name)
            return
        answered.due_at = self._now() + self.timeout * 0.05 * (1 + self._jitter())

    def _ask_tcp(self, truncated: Question, upstream: Upstream) -> None:
        task = asyncio.get_running_loop().create_task(self._tcp_answer(truncated, upstream))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tcp_answer(self, truncated: Question, upstream: Upstream) -> None:
        endpoint = upstream.endpoint
        async with self._tcp:
            where = (endpoint.host, endpoint.port)
            reply = await parse.ask_tcp(where, truncated.name, truncated.rdtype, self.timeout)
        if truncated.is_open:
            self._heard_at = self._now()
            self._take(truncated, upstream, reply)

    def _finish(self, ended: Question, reply: Reply, resolver: str | None) -> None:
        ended.close()
        self._open.discard(ended)
        self._heard(self, ended, reply, resolver)

    def _give_up(self) -> None:
        """Ends all that is open and all that was never asked."""
        for name, rdtype in self._source:
            self._question(name, rdtype)
        self._is_exhausted = True
        while self._open:  # what is heard may ask for more
            for left in list(self._open):
                self._finish(left, Reply(Outcome.NOT_ASKED), None)
        self._ready.clear()
