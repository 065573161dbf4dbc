"""How packaged tables came to be, in a file beside them: measurements, and the tables that each gave."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from linksim.files import write_atomically
from linksim.phy.bler.measure import SEED, VERSION
from linksim.phy.bler.table import BlerKey


def read_measurements(tables: Path) -> list[dict[str, Any]]:
    """Measurements, each with command, date, versions, seed and the names of its tables."""
    path = tables.with_suffix(".json")
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def note_measurement(tables: Path, key: BlerKey, command: str) -> None:
    """Note that a command measured a table, today and with what is installed."""
    measurement: dict[str, Any] = {
        "command": command,
        "date": datetime.now(timezone.utc).date().isoformat(),
        "measurement_version": VERSION,
        "seed": SEED,
        "sionna": _sionna_version(),
        "linksim": version("linksim"),
        "tensorflow": version("tensorflow"),
    }
    kept = [
        {**one, "tables": [name for name in one["tables"] if name != key.name]} for one in read_measurements(tables)
    ]
    for one in kept:
        if {name: value for name, value in one.items() if name != "tables"} == measurement:
            one["tables"] = sorted([*one["tables"], key.name])
            break
    else:
        kept.append({**measurement, "tables": [key.name]})
    text = json.dumps([one for one in kept if one["tables"]], indent=1) + "\n"
    write_atomically(tables.with_suffix(".json"), text)


def take_measurements(tables: Path, others: Path) -> None:
    """Move what is noted of other tables to these, in place of what was noted of tables of the same names."""
    taken = read_measurements(others)
    moved = {name for one in taken for name in one["tables"]}
    kept = [
        {**one, "tables": [name for name in one["tables"] if name not in moved]} for one in read_measurements(tables)
    ]
    text = json.dumps([one for one in [*kept, *taken] if one["tables"]], indent=1) + "\n"
    write_atomically(tables.with_suffix(".json"), text)
    others.with_suffix(".json").unlink(missing_ok=True)


def _sionna_version() -> str:
    """Sionna comes as one of two distributions."""
    try:
        return version("sionna")
    except PackageNotFoundError:
        return version("sionna-no-rt")
