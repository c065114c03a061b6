"""From files, resolvers and the state to what one shard needs; each function answers for one input of the night."""

from hygiene.gather.asking import Asking
from hygiene.gather.events import Past, history, open_files, past
from hygiene.gather.evidence import believed, caught_up, doubted, meant, people, shard
from hygiene.gather.ledger import Known, imported, known
from hygiene.gather.rows import Subscribers, open_all, recipients, scattered_again, subscribers

__all__ = [
    "Asking",
    "Known",
    "Past",
    "Subscribers",
    "believed",
    "caught_up",
    "doubted",
    "history",
    "imported",
    "known",
    "meant",
    "open_all",
    "open_files",
    "past",
    "people",
    "recipients",
    "scattered_again",
    "shard",
    "subscribers",
]
