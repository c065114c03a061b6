"""Other systems as their documentation has them: what they keep, what they refuse, how they say so."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.push.book import BAD, Book, part
from tests.push.server import Answer, Asked


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
        return Answer(200, part(rows, asked, 500))


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
            return Answer(200, {"count": len(rows), "contacts": part(rows, asked, 100)})
        rows = asked.json["contacts"]
        unknown = [number for number, row in enumerate(rows) if row["email"] not in self.contacts]
        if unknown:
            return Answer(404, {"code": "document_not_found", "message": f"No contact found for indexes {unknown}"})
        for row in rows:
            if row["email"] not in self.failing:
                self.of("blacklisted")[row["email"]] = row["emailBlacklisted"]
        failed = [7 for row in rows if row["email"] in self.failing]
        return Answer(207, {"successIds": [1], "failureIds": failed}) if failed else Answer(204)
