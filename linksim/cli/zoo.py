"""`linksim zoo`: pretrained weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linksim.cli.output import quiet_tensorflow
from linksim.errors import LinksimError

if TYPE_CHECKING:
    from linksim.zoo.card import Card

app = typer.Typer(help="Pretrained weights: take better ones in.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Typer would otherwise call the only command by the name of the group."""


@app.command()
def adopt(
    runs: Annotated[list[str], typer.Argument(help="Names of recipes that were trained, finished or not.")],
    out: Annotated[Path, typer.Option(help="Where the runs are kept.")] = Path("runs"),
) -> None:
    """Put runs into the zoo that validate better than the entry of their name."""
    for name in runs:
        if not (out / name).exists() and not any(out.glob("models-*")):
            raise LinksimError(f"{out / name} holds no run; train it with `linksim train {name}`, or name its --out")
    quiet_tensorflow()  # after what can be wrong: it takes seconds
    from linksim.training.adopt import adopt, card_score

    for name in runs:
        done = adopt(name, out)
        card = done.card
        reached = _written(card_score(card), card)
        stood = "nothing" if done.before is None else _written(done.before, card)
        what = "adopted" if done.adopted else "not better, the zoo stays as it is"
        print(f"{name}: {reached} after {card.steps:,} steps, {stood} before: {what}", flush=True)


def _written(score: float, card: Card) -> str:
    if card.val_bpp is not None:
        return f"rate and distortion {-score:.4f}"
    return f"{score:.2f} dB" if card.val_lpips is None else f"LPIPS {-score:.4f}"
