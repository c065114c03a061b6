"""A name for a set of numbers: which policy, and which job file, decided?"""

import hashlib
import json

from pydantic import BaseModel


def digest(model: BaseModel) -> str:
    """SHA-256 over the model's values as canonical JSON, 64 hexadecimal digits; comments and order do not count."""
    canonical = json.dumps(model.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
