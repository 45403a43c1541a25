"""`progress.csv` of a run folder: a row per validation."""

import csv
import os
from pathlib import Path
from typing import Any

CURVE = "progress.csv"


def append_row(table: Path, row: dict[str, Any]) -> None:
    new = not table.exists()
    with table.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)


def drop_rows_after(table: Path, step: int) -> None:
    """Removes what a run wrote after the state it goes on from: it comes to these steps again."""
    if not table.exists():
        return
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # A kill may have left the last row incomplete.
    kept = [row for row in rows if None not in row.values() and int(row["step"]) <= step]
    if len(kept) == len(rows):
        return
    temporary = table.with_suffix(".partial")
    temporary.unlink(missing_ok=True)
    for row in kept:
        append_row(temporary, row)
    if kept:
        os.replace(temporary, table)
    else:
        table.unlink()
