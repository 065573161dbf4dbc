"""`linksim zoo`: pretrained weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linksim.cli.output import quiet_tensorflow

app = typer.Typer(help="Pretrained weights: take better ones in.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Typer would otherwise call the only command by the name of the group."""


@app.command()
def adopt(
    runs: Annotated[list[str], typer.Argument(help="Names of recipes that were trained, finished or not.")],
    out: Annotated[Path, typer.Option(help="Where the runs are kept.")] = Path("runs"),
) -> None:
    """Put runs into the zoo whose validation PSNR is above that of the entry of their name."""
    quiet_tensorflow()
    from linksim.training.adopt import adopt
    from linksim.training.validation import score

    for name in runs:
        done = adopt(name, out)
        stood = "nothing" if done.before is None else f"{done.before:.2f} dB"
        what = "adopted" if done.adopted else "not better, the zoo stays as it is"
        print(
            f"{name}: {score(done.card.layers):.2f} dB after {done.card.steps:,} steps, {stood} before: {what}",
            flush=True,
        )
