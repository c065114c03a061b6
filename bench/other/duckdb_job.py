"""The same job as one DuckDB SQL script (job.sql), with email-validator as its function.

`python duckdb_job.py DATA OUT`. Left out: repair of cells beyond outer spaces; aliases of one mailbox; IDNA; the
meaning of a bounce, which is taken from the ESP's column, and a mailbox that is full is the only soft one; lists of
roles beyond the plain names; the ledger, incremental history, all reviews, and the evidence in the audit trail.
"""

import json
import os
import sys
from pathlib import Path

import duckdb
from email_validator import EmailNotValidError, validate_email

SCRIPT = Path(__file__).with_name("job.sql")


def judged(address: str) -> str:
    """`valid`, `smtputf8` or `invalid`."""
    try:
        found = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return "invalid"
    return "smtputf8" if found.smtputf8 else "valid"


def main(data: Path, out: Path) -> None:
    """Writes clean.csv, suppressed.csv and audit.parquet; prints the number of rows by reason."""
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    script = SCRIPT.read_text("utf-8").replace("'out/", f"'{out}/")
    os.chdir(data)
    with duckdb.connect() as connection:
        connection.execute(f"SET TimeZone = 'UTC'; SET temp_directory = '{out}/spill'")
        connection.create_function("judged", judged, ["VARCHAR"], "VARCHAR")
        connection.execute(script)
        found = connection.execute("SELECT reason, count(*) FROM reasons GROUP BY ALL").fetchall()
    print(json.dumps(dict(found)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
