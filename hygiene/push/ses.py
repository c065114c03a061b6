"""Amazon SES: the suppression list of an account and region, by boto3, address by address or by import jobs.

boto3 signs, keeps the pace and tries again by itself (its adaptive mode; AWS documents no rate). It finds the
credentials as AWS documents it, in the environment or in the role of the machine; none is ever given on a command line
or in a job file.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import polars as pl
from polars import col

from hygiene.formats.api import Call
from hygiene.model.errors import ConfigError, InputError, PushError
from hygiene.push.client import GO_ON, TRIES, RefusedError
from hygiene.push.send import Taken

BULK = {"add": 100_000, "remove": 10_000}
"""Most rows of one import job."""
ABSENT = ("NotFoundException",)
REFUSED = ("BadRequestException", "ValidationException", "InvalidParameterValue")
KEYS = ("UnrecognizedClientException", "InvalidClientTokenId", "AccessDeniedException", "SignatureDoesNotMatch")
NOT_THERE = 404
SINGLY = 50
"""Up to so many rows are not worth an import job."""
RUNNING = ("CREATED", "PROCESSING")
PATIENCE = 3600.0
PAGE = 1000


def client_of(service: str, region: str, base: str = "", tries: int = TRIES) -> Any:
    """A boto3 client; `base` is another address, as of a test's server. Raises ConfigError where boto3 is missing."""
    try:
        from boto3.session import Session
        from botocore.config import Config
    except ImportError as error:
        raise ConfigError("SES needs boto3.", fix="Install hygiene[ses].") from error
    patience = Config(
        retries={"mode": "adaptive", "total_max_attempts": tries},
        connect_timeout=10,
        read_timeout=60,
        s3={"addressing_style": "path" if base else "auto"},
    )
    # A session of its own: the default one would keep credentials that have changed since.
    return Session().client(service, region_name=region, endpoint_url=base or None, config=patience)


class SesTransport:
    """Delivers to the list of one region; with `bucket` (`s3://bucket/prefix`) by import jobs."""

    def __init__(
        self, region: str, base: str = "", bucket: str = "", sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.ses = client_of("sesv2", region, base)
        self.s3 = client_of("s3", region, base) if bucket else None
        self.bucket = bucket.removeprefix("s3://").strip("/")
        self.sleep = sleep

    def deliver(self, call: Call, rows: pl.DataFrame) -> Taken:
        """Sends rows (row, address, word, item); one, or as many as an import job takes."""
        if self.s3 is not None and rows.height > SINGLY:
            return self._imported(call, rows)
        if rows.height == 1:
            self._one(call, *rows.select("address", "word").row(0))
            return Taken()
        refused = {}
        for row, address, word in rows.select("row", "address", "word").rows():
            try:
                self._one(call, address, word)
            except RefusedError as error:
                if error.status != NOT_THERE:
                    refused[row] = error.why
        return Taken(refused)

    def close(self) -> None:
        """Lets the connections go."""
        for client in (self.ses, self.s3):
            if client is not None:
                client.close()

    def _one(self, call: Call, address: str, word: str) -> None:
        if call.action == "add":
            _told(self.ses.put_suppressed_destination, EmailAddress=address, Reason=word)
        else:
            _told(self.ses.delete_suppressed_destination, EmailAddress=address)

    def _imported(self, call: Call, rows: pl.DataFrame) -> Taken:
        bucket, _, prefix = self.bucket.partition("/")
        key = f"{prefix + '/' if prefix else ''}hygiene-{uuid.uuid4()}.csv"
        columns = [col("address"), col("word")] if call.action == "add" else [col("address")]
        content = rows.select(columns).write_csv(include_header=False).encode()
        _told(self.s3.put_object, Bucket=bucket, Key=key, Body=content)  # type: ignore[union-attr]
        action = {"add": "PUT", "remove": "DELETE"}[call.action]
        made = _told(
            self.ses.create_import_job,
            ImportDestination={"SuppressionListDestination": {"SuppressionListImportAction": action}},
            ImportDataSource={"S3Url": f"s3://{bucket}/{key}", "DataFormat": "CSV"},
        )
        try:
            return self._waited(str(made["JobId"]), rows.height)
        finally:
            _told(self.s3.delete_object, Bucket=bucket, Key=key)  # type: ignore[union-attr]

    def _waited(self, job: str, rows: int) -> Taken:
        """COMPLETED with failed records is a partial success: those are looked for in halves."""
        pause, waited = 1.0, 0.0
        while (told := _told(self.ses.get_import_job, JobId=job))["JobStatus"] in RUNNING:
            if waited > PATIENCE:
                raise PushError(f"an import job has been under way for {waited:.0f} s.", job, GO_ON)
            self.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, 60.0)
        failed = int(told.get("FailedRecordsCount") or 0)
        if told["JobStatus"] != "COMPLETED":
            why = told.get("FailureInfo", {}).get("ErrorMessage", "")
            raise PushError(f"an import job ended as {told['JobStatus']}. {why}", job, "Look into the console of SES.")
        if failed:
            raise RefusedError(f"{failed:,} of {rows:,} records failed, and are not named", 207)
        return Taken()


def pages(region: str, base: str = "") -> Iterator[list[Any]]:
    """The account's list, page by page; instants as ISO 8601."""
    token: dict[str, str] = {}
    with closing(client_of("sesv2", region, base)) as ses:
        while True:
            answer = _told(ses.list_suppressed_destinations, PageSize=PAGE, **token)
            rows = answer["SuppressedDestinationSummaries"]
            yield [{**one, "LastUpdateTime": one["LastUpdateTime"].isoformat()} for one in rows]
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}


def _told(ask: Callable[..., Any], **what: Any) -> Any:
    """The answer; boto3's errors in our words."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        return ask(**what)
    except NoCredentialsError as error:
        raise ConfigError("no AWS credential is set.", "AWS_ACCESS_KEY_ID", "Put it into the environment.") from error
    except ClientError as error:
        raise _in_our_words(error.response.get("Error", {})) from error
    except BotoCoreError as error:
        raise PushError(f"SES cannot be reached ({type(error).__name__}).", fix=GO_ON) from error


def _in_our_words(error: dict[str, Any]) -> Exception:
    code, says = str(error.get("Code", "")), str(error.get("Message", ""))
    if code in ABSENT:
        return RefusedError(says, NOT_THERE)
    if code in REFUSED:
        return RefusedError(says, 400)
    if code in KEYS:
        return ConfigError(f"AWS refuses the credential ({code}).", "AWS_ACCESS_KEY_ID", "Has it the right to SES?")
    if code == "NoSuchBucket":
        return InputError("there is no such bucket.", "--bucket")
    return PushError(f"SES answered {code}: {says}", fix=GO_ON)
