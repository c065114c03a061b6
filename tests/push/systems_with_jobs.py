"""Systems that take a file or a batch as a job, and are asked how it went."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.push.book import BAD, Book
from tests.push.server import Answer, Asked


@dataclass
class Klaviyo(Book):
    polls: int = 2
    """How often a job is still under way when it is asked for."""
    ending: str = "complete"
    skipped: int = 0
    jobs: dict[str, int] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Answer:
        if (
            asked.headers.get("authorization") != "Klaviyo-API-Key secret"
            or asked.headers.get("revision") != "2026-07-15"
        ):
            return Answer(401, {"errors": [{"detail": "Missing or invalid private key."}]})
        if asked.method == "POST":
            return self._begin(asked)
        if asked.path == "/api/profiles":
            return self._profiles(asked)
        job = asked.path.rsplit("/", 1)[1]
        self.jobs[job] -= 1
        status = "processing" if self.jobs[job] >= 0 else self.ending
        return Answer(200, {"data": {"id": job, "attributes": {"status": status, "skipped_count": self.skipped}}})

    def _begin(self, asked: Asked) -> Answer:
        kind = asked.json["data"]["type"]
        if asked.path != f"/api/{kind}s" or asked.headers["content-type"] != "application/vnd.api+json":
            return Answer(400, {"errors": [{"detail": "wrong"}]})
        rows = asked.json["data"]["attributes"]["profiles"]["data"]
        addresses = [row["attributes"]["email"] for row in rows]
        if len(addresses) > 100:
            return Answer(400, {"errors": [{"detail": "too many"}]})
        if "create" in kind:
            self.take("suppressed", addresses)
        else:
            for address in addresses:
                self.drop("suppressed", address)
        job = f"job{len(self.jobs)}"
        self.jobs[job] = self.polls
        return Answer(202, {"data": {"type": kind, "id": job}})

    def _profiles(self, asked: Asked) -> Answer:
        wanted = re.search(r'reason,"(\w+)"', asked.params["filter"])
        reason = wanted[1] if wanted else ""
        rows = [one for one, told in sorted(self.of("profiles").items()) if told == reason]
        at = int(asked.params.get("page[cursor]", 0))
        suppression = [{"reason": reason, "timestamp": "2026-03-02T09:15:31+00:00"}]
        told = {"subscriptions": {"email": {"marketing": {"suppression": suppression}}}}
        data = [{"type": "profile", "attributes": {"email": one, **told}} for one in rows]
        end = at + min(int(asked.params.get("page[size]", 20)), 100)
        query = f"filter={asked.params['filter']}&page[size]=100&page[cursor]={end}"
        following = f"https://a.klaviyo.com/api/profiles?{query}" if end < len(rows) else None
        return Answer(200, {"data": data[at:end], "links": {"next": following}})


@dataclass
class Ses(Book):
    failing: set[str] = field(default_factory=set)
    objects: dict[str, str] = field(default_factory=dict)
    jobs: list[tuple[str, int, int]] = field(default_factory=list)
    """Action, rows and failures of each import job."""

    def __call__(self, asked: Asked) -> Answer:
        if "AKIDTEST" not in asked.headers.get("authorization", ""):
            return self._error("UnrecognizedClientException", 403)
        if asked.path.startswith("/bucket/"):
            return self._object(asked)
        if asked.path.startswith("/v2/email/import-jobs"):
            return self._import(asked)
        address = asked.path.removeprefix("/v2/email/suppression/addresses/")
        match asked.method:
            case "PUT":
                return self._put(asked.json)
            case "DELETE":
                return Answer(200, {}) if self.drop("list", address) else self._error("NotFoundException", 404)
            case _:
                return self._page(asked)

    def _put(self, told: dict[str, str]) -> Answer:
        if BAD in told["EmailAddress"]:
            return self._error("BadRequestException", 400)
        self.of("list")[told["EmailAddress"]] = told["Reason"]
        return Answer(200, {})

    def _page(self, asked: Asked) -> Answer:
        at = int(asked.params.get("NextToken", 0))
        end = at + min(int(asked.params.get("PageSize", 100)), 1000)
        rows = [{"EmailAddress": one, "Reason": reason, "LastUpdateTime": 1772442931}
                for one, reason in self.of("list").items()]  # fmt: skip
        told: dict[str, Any] = {"SuppressedDestinationSummaries": rows[at:end]}
        return Answer(200, told | ({"NextToken": str(end)} if end < len(rows) else {}))

    def _object(self, asked: Asked) -> Answer:
        if asked.method == "PUT":
            self.objects[asked.path] = _unchunked(asked)
        elif asked.method == "DELETE":
            self.objects.pop(asked.path, None)
        return Answer(200 if asked.method == "PUT" else 204)

    def _import(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            action, rows, failed = self.jobs[int(asked.path.rsplit("/", 1)[1])]
            told = {"JobId": "0", "JobStatus": "COMPLETED", "ProcessedRecordsCount": rows, "FailedRecordsCount": failed}
            return Answer(200, told)
        action = asked.json["ImportDestination"]["SuppressionListDestination"]["SuppressionListImportAction"]
        path = "/" + asked.json["ImportDataSource"]["S3Url"].removeprefix("s3://")
        lines = self.objects[path].splitlines()
        if len(lines) > {"PUT": 100_000, "DELETE": 10_000}[action]:
            return self._error("LimitExceededException", 400)
        good = [line for line in lines if line.split(",")[0] not in self.failing]
        for line in good:
            address, *reason = line.split(",")
            if action == "PUT":
                self.of("list")[address] = reason[0]
            else:
                self.drop("list", address)
        self.jobs.append((action, len(lines), len(lines) - len(good)))
        return Answer(200, {"JobId": str(len(self.jobs) - 1)})

    def _error(self, code: str, status: int) -> Answer:
        return Answer(status, {"message": code}, {"x-amzn-ErrorType": code})


def _unchunked(asked: Asked) -> str:
    """The content of an upload, whose body AWS clients may send in signed chunks."""
    if "aws-chunked" not in asked.headers.get("content-encoding", ""):
        return asked.body.decode()
    text, rest = b"", asked.body
    while rest:
        head, _, rest = rest.partition(b"\r\n")
        size = int(head.split(b";")[0], 16)
        if not size:
            break
        text, rest = text + rest[:size], rest[size + 2 :]
    return text.decode()
