"""What is the job: where lists and histories are, what to publish, which policy; and what is wrong with its file?"""

from hygiene.config.job import (
    DnsSettings,
    EventSource,
    Job,
    ListSource,
    PublishSettings,
    SenderSettings,
    SuppressionSource,
    resolve,
)
from hygiene.config.load import LoadedJob, load_job

__all__ = [
    "DnsSettings",
    "EventSource",
    "Job",
    "ListSource",
    "LoadedJob",
    "PublishSettings",
    "SenderSettings",
    "SuppressionSource",
    "load_job",
    "resolve",
]
