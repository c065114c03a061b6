"""From files, resolvers and the state to what one shard needs; each function answers for one input of the night."""

from hygiene.gather.events import Past, history, past
from hygiene.gather.evidence import believed, caught_up, meant, negatives, numbered, shard
from hygiene.gather.ledger import Known, imported, known
from hygiene.gather.rows import Subscribers, answers, open_all, recipients, subscribers

__all__ = [
    "Known",
    "Past",
    "Subscribers",
    "answers",
    "believed",
    "caught_up",
    "history",
    "imported",
    "known",
    "meant",
    "negatives",
    "numbered",
    "open_all",
    "past",
    "recipients",
    "shard",
    "subscribers",
]
