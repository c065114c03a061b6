"""From a job file to a checked job; all its mistakes are told at once, each with its line."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hygiene.config.checks import inconsistent, missing_files
from hygiene.config.job import Job, resolve
from hygiene.config.mistakes import Mistake, mistakes
from hygiene.config.source import Source
from hygiene.model.errors import ConfigError
from hygiene.policy.digest import digest
from hygiene.policy.policy import Policy

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class LoadedJob:
    """A job file that was read and found right."""

    path: Path
    job: Job
    policy: Policy
    text: str
    """The job file as it was read."""

    @property
    def base(self) -> Path:
        """The folder that the job's paths are relative to."""
        return self.path.parent

    @property
    def out(self) -> Path:
        """The folder of the published runs."""
        return Path(resolve(self.base, self.job.out))

    @property
    def state(self) -> str:
        """The folder or URI of the state tables."""
        return resolve(self.base, self.job.state)

    @property
    def work(self) -> Path:
        """The folder for temporary files."""
        return Path(resolve(self.base, self.job.work)) if self.job.work else self.out / ".work"

    @property
    def config_digest(self) -> str:
        """SHA-256 over what the job file means; comments and order do not count."""
        return digest(self.job)

    @property
    def policy_digest(self) -> str:
        """SHA-256 over the numbers of the policy."""
        return digest(self.policy)


def load_job(path: Path, overrides: Mapping[str, Any] | None = None, *, needs_files: bool = False) -> LoadedJob:
    """The job of a TOML file, with keys that the command line sets; raises ConfigError naming all mistakes.

    With `needs_files`, a list, a file of events or a snapshot that is not there is a mistake too.
    """
    source = Source.read(path)
    given = {key: _from_here(key, value) for key, value in (overrides or {}).items() if value is not None}
    tables = source.tables | given
    policy, told = _policy(source, tables.pop("policy", {}), "policy" in given)
    job, found = _validated(Job, tables)
    if job is not None:
        found += inconsistent(job) + (missing_files(job, path.parent) if needs_files else [])
    told += source.told([mistake for mistake in found if not given.keys() & mistake.place[:1]])
    told += [f"--{mistake.text}.".replace("_", "-") for mistake in found if given.keys() & mistake.place[:1]]
    if told or job is None:
        raise _refusal(told)
    return LoadedJob(path.resolve(), job.model_copy(update={"policy": policy}), policy, source.text)


def load_policy(path: Path) -> Policy:
    """The policy of a TOML file; raises ConfigError naming all mistakes."""
    source = Source.read(path)
    policy, found = _validated(Policy, source.tables)
    if policy is None:
        raise _refusal(source.told(found))
    return policy


def policy_of(path: Path) -> Policy:
    """The policy of a policy file, or the one that a job file means; raises ConfigError naming all mistakes."""
    return load_job(path).policy if "lists" in Source.read(path).tables else load_policy(path)


def _validated(model: type[Model], tables: Mapping[str, Any]) -> tuple[Model | None, list[Mistake]]:
    try:
        return model.model_validate(tables), []
    except ValidationError as error:
        return None, mistakes(error, model)


def _policy(source: Source, value: Any, is_given: bool) -> tuple[Policy, list[str]]:
    """The policy that the job's key `policy` means, and what is wrong with it."""
    if isinstance(value, dict):
        policy, found = _validated(Policy, value)
        return policy or Policy(), source.told([Mistake(("policy", *one.place), one.says) for one in found])
    if not isinstance(value, str):
        return Policy(), source.told([Mistake(("policy",), "must be the name of a policy file, or a table")])
    path = source.path.parent / value
    if not path.is_file():
        wrong = Mistake(("policy",), f"there is no file {path}")
        return Policy(), [f"--{wrong.text}."] if is_given else source.told([wrong])
    try:
        return load_policy(path), []
    except ConfigError as error:
        return Policy(), [str(error)]


def _from_here(key: str, value: Any) -> Any:
    """A path on the command line is relative to the working folder, not to the job file."""
    return resolve(Path.cwd(), str(value)) if key in ("state", "out", "work", "policy") else value


def _refusal(told: list[str]) -> ConfigError:
    return ConfigError(told[0] if len(told) == 1 else f"{len(told)} mistakes.\n  " + "\n  ".join(told))
