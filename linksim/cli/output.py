"""What commands print: tables, and TensorFlow kept quiet."""

from __future__ import annotations

import os
from collections.abc import Sequence


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], whole: bool = False) -> None:
    """Print a table as wide as the terminal, or, with `whole`, as wide as its numbers need."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*map(escape, columns), box=box.SIMPLE)
    for row in rows:
        table.add_row(*map(escape, row))
    console = Console()
    if whole:
        console.width = max(console.width, Console(width=10_000).measure(table).maximum)
    console.print(title, style="table.title", markup=False, highlight=False, soft_wrap=True)  # folders have long names
    console.print(table)


def quiet_tensorflow() -> None:
    """Import TensorFlow without its start-up noise, before Keras imports it with, unless Keras runs on another."""
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        from linksim.phy import _tf  # noqa: F401
