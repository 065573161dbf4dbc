"""`linksim merge`: results of several machines into one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def merge(
    sources: Annotated[list[Path], typer.Argument(help="Results folders of one scenario, from any machines.")],
    into: Annotated[Path, typer.Option(help="Folder that receives all units.")],
) -> None:
    """Merge the stored units of several runs; merging twice changes nothing. Then run the scenario with --out INTO."""
    from linksim.montecarlo import merge as merge_stores

    count = merge_stores(sources, into)
    typer.echo(f"{into} holds {count} units; `linksim run SCENARIO --out {into}` draws their curve")
