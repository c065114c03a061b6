"""Other systems as their documentation has them: what they keep, what they refuse, how they say so."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.push.server import Answer, Asked

BAD = "bad"
"""An address that holds it is malformed to every system."""


@dataclass
class Book:
    """A system's lists by name: address → what else it knows."""

    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)

    def of(self, name: str) -> dict[str, Any]:
        return self.lists.setdefault(name, {})

    def take(self, name: str, addresses: list[str]) -> None:
        self.batches.append(len(addresses))
        self.of(name).update({address: {} for address in addresses})

    def drop(self, name: str, address: str) -> bool:
        return self.of(name).pop(address, None) is not None


def _part(rows: list[Any], asked: Asked, most: int) -> list[Any]:
    limit, offset = int(asked.params.get("limit", most)), int(asked.params.get("offset", 0))
    return rows[offset : offset + min(limit, most)]


@dataclass
class SendGrid(Book):
    silent: set[str] = field(default_factory=set)
    """Addresses that it leaves out of its echo."""

    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != "Bearer secret":
            return Answer(401, {"errors": [{"message": "authorization required"}]})
        if asked.method == "POST" and asked.path == "/v3/asm/suppressions/global":
            taken = [one for one in asked.json["recipient_emails"] if one not in self.silent]
            self.take("global", taken)
            return Answer(201, {"recipient_emails": taken})
        if asked.method == "DELETE":
            found = self.drop("global", asked.path.removeprefix("/v3/asm/suppressions/global/"))
            return Answer(204) if found else Answer(404, {"errors": [{"message": "not found"}]})
        name = asked.path.removeprefix("/v3/suppression/")
        rows = [{"email": address, "created": 1772442931, "reason": "x"} for address in self.of(name)]
        return Answer(200, _part(rows, asked, 500))


@dataclass
class Mailgun(Book):
    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != "Basic YXBpOnNlY3JldA==":
            return Answer(401, raw=b"Forbidden")
        found = re.fullmatch(r"/v3/([^/]+)/(bounces|complaints|unsubscribes)(?:/(.+))?", asked.path)
        if not found or found[1] != "news.example.com":
            return Answer(404, {"message": "Domain not found"})
        match asked.method:
            case "POST":
                return self._add(found[2], asked.json)
            case "DELETE":
                return Answer(200 if self.drop(found[2], found[3]) else 404, {"message": "…"})
            case _:
                return self._page(found[2], asked)

    def _add(self, name: str, rows: list[dict[str, Any]]) -> Answer:
        wanted = {"bounces": {"address", "code", "error", "created_at"}, "complaints": {"address", "created_at"}}
        keys = wanted.get(name, {"address", "tags", "created_at"})
        if len(rows) > 1000 or any(BAD in row["address"] or set(row) != keys for row in rows):
            return Answer(400, {"message": "Invalid JSON"})
        self.take(name, [row["address"] for row in rows])
        return Answer(200, {"message": f"{len(rows)} addresses have been added to the {name} table"})

    def _page(self, name: str, asked: Asked) -> Answer:
        start, limit = asked.params.get("address", ""), min(int(asked.params.get("limit", 100)), 1000)
        rest = sorted(address for address in self.of(name) if address > start)[:limit]
        items = [{"address": one, "code": "550", "created_at": "Mon, 02 Mar 2026 09:15:31 GMT"} for one in rest]
        last = rest[-1] if rest else start
        following = f"https://elsewhere.example{asked.path}?page=next&address={last}&limit=1000"
        return Answer(200, {"items": items, "paging": {"next": following}})


@dataclass
class SparkPost(Book):
    compliance: set[str] = field(default_factory=set)

    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != "secret":
            return Answer(401, {"errors": [{"message": "Unauthorized."}]})
        if asked.method == "PUT":
            return self._add(asked.json["recipients"])
        address = asked.path.removeprefix("/api/v1/suppression-list/")
        if asked.method == "DELETE" and address in self.compliance:
            return Answer(403, {"errors": [{"message": "Recipient could not be removed (Compliance)"}]})
        if asked.method == "DELETE":
            return Answer(204) if self.drop("list", address) else Answer(404, {"errors": [{"message": "not found"}]})
        at = int(asked.params["cursor"]) if asked.params["cursor"] != "initial" else 0
        following = at + min(int(asked.params.get("per_page", 1000)), 10_000)
        rows = [{"recipient": one, "type": "non_transactional", "source": "Spam Complaint"} for one in self.of("list")]
        more = {"href": f"{asked.path}?cursor={following}&per_page=10000", "rel": "next"}
        links = [more] if following < len(rows) else []
        return Answer(200, {"results": rows[at:following], "links": links, "total_count": len(rows)})

    def _add(self, rows: list[dict[str, str]]) -> Answer:
        if len(rows) > 10_000 or any(BAD in row["recipient"] or row["type"] != "non_transactional" for row in rows):
            return Answer(400, {"errors": [{"message": "invalid recipient"}]})
        self.take("list", [row["recipient"] for row in rows])
        return Answer(200, {"results": {"message": "Suppression List successfully updated"}})


@dataclass
class Postmark(Book):
    complaints: set[str] = field(default_factory=set)

    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("x-postmark-server-token") != "secret":
            return Answer(401, {"ErrorCode": 10, "Message": "Bad or missing Server API token."})
        _, _, stream, _, *rest = asked.path.split("/")
        if stream != "broadcast":
            return Answer(404, {"ErrorCode": 1226, "Message": "The message stream was not found."})
        if asked.method == "GET":
            rows = [{"EmailAddress": one, "SuppressionReason": "HardBounce", "Origin": "Recipient",
                     "CreatedAt": "2026-03-02T09:15:31+00:00"} for one in self.of("list")]  # fmt: skip
            return Answer(200, {"Suppressions": rows})
        addresses = [row["EmailAddress"] for row in asked.json["Suppressions"]]
        if len(addresses) > 50:
            return Answer(422, {"ErrorCode": 1, "Message": "Too many suppressions."})
        self.batches.append(len(addresses))
        return Answer(200, {"Suppressions": [self._one(one, is_removal=bool(rest)) for one in addresses]})

    def _one(self, address: str, *, is_removal: bool) -> dict[str, str | None]:
        if BAD in address or (is_removal and address in self.complaints):
            return {"EmailAddress": address, "Status": "Failed", "Message": "You do not have the required authority."}
        if is_removal:
            self.drop("list", address)
        else:
            self.of("list")[address] = {}
        return {"EmailAddress": address, "Status": "Deleted" if is_removal else "Suppressed", "Message": None}


@dataclass
class Brevo(Book):
    contacts: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)

    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("api-key") != "secret":
            return Answer(401, {"code": "unauthorized", "message": "Key not found"})
        if asked.method == "GET":
            rows = [{"email": one, "reason": {"code": "contactFlaggedAsSpam"}, "blockedAt": "2026-03-02T09:15:31.000Z"}
                    for one in sorted(self.of("blocked"))]  # fmt: skip
            return Answer(200, {"count": len(rows), "contacts": _part(rows, asked, 100)})
        rows = asked.json["contacts"]
        unknown = [number for number, row in enumerate(rows) if row["email"] not in self.contacts]
        if unknown:
            return Answer(404, {"code": "document_not_found", "message": f"No contact found for indexes {unknown}"})
        for row in rows:
            if row["email"] not in self.failing:
                self.of("blacklisted")[row["email"]] = row["emailBlacklisted"]
        failed = [7 for row in rows if row["email"] in self.failing]
        return Answer(207, {"successIds": [1], "failureIds": failed}) if failed else Answer(204)


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
