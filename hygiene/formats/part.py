"""What every section of a format file shares: unknown keys are mistakes, and nothing changes after loading."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """One section."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
