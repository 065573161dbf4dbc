"""The `linksim` command."""

from __future__ import annotations

import os
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer

from linksim.errors import LinksimError
from linksim.montecarlo.options import HELP

app = typer.Typer(
    name="linksim",
    help="Send pictures over a channel and see what comes out: learned codecs and BPG + 5G LDPC, in one harness.\n\n"
    "Start with `linksim run quickstart`, then look at results/quickstart/curve.png.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Listing(str, Enum):
    """What `linksim list` can show."""

    scenarios = "scenarios"
    zoo = "zoo"
    recipes = "recipes"
    pictures = "pictures"
    mcs = "mcs"


def _print_table(title: str, columns: list[str], rows: list[list[str]], whole: bool = False) -> None:
    """Print a table as wide as the terminal, or, with `whole`, as wide as its numbers need."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, title=title, box=box.SIMPLE, title_justify="left")
    for row in rows:
        table.add_row(*row)
    console = Console()
    if whole:
        console.width = max(console.width, Console(width=10_000).measure(table).maximum)
    console.print(table)


def _quiet_tensorflow() -> None:
    """Import TensorFlow without its start-up noise, before Keras imports it with, unless Keras runs on another."""
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        from linksim.phy import _tf  # noqa: F401


@app.command("list")
def list_(what: Annotated[Listing, typer.Argument(help="What to list.")] = Listing.scenarios) -> None:
    """Show the scenarios, pretrained weights, training recipes, picture sets or modulation and coding schemes."""
    if what is Listing.scenarios:
        from linksim.cli import scenario_files

        rows = [[name, scenario_files.summary(path)] for name, path in scenario_files.names().items()]
        _print_table("scenarios: linksim run NAME", ["name", "what it shows"], rows)
    elif what is Listing.zoo:
        from linksim import zoo

        cards = [zoo.read_card(zoo.find(name)) for name in zoo.names()]
        rows = [[c.name, str(c.recipe["snr_db"]), str(c.steps), f"{c.val_psnr:.2f}"] for c in cards]
        _print_table("zoo: linksim.zoo.load(NAME)", ["name", "trained at, dB", "steps", "validation PSNR, dB"], rows, whole=True)
    elif what is Listing.recipes:
        from linksim.training import RECIPES

        rows = [[r.name, r.codec, r.data, str(r.snr_db), str(r.steps), r.warm_start or ""] for r in RECIPES.values()]
        _print_table("recipes: linksim train NAME", ["name", "codec", "data", "SNR, dB", "steps", "starts from"], rows, whole=True)
    elif what is Listing.pictures:
        from linksim import images

        _print_table("picture sets: --pictures NAME, or a folder", ["name"], [[name] for name in images.names()])
    else:
        from linksim.phy import PAPER_MCS

        rows = [[m.name, str(m.bits_per_symbol), f"{m.code_rate:.4f}"] for m in PAPER_MCS]
        _print_table("modulation and coding schemes of the papers", ["name", "bits/symbol", "code rate"], rows)


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="Name (see `linksim list`) or path of a scenario script.")],
    snr: Annotated[Optional[str], typer.Option(help=HELP["snr"])] = None,
    pictures: Annotated[Optional[str], typer.Option(help=HELP["pictures"])] = None,
    draws: Annotated[Optional[int], typer.Option(help=HELP["draws"])] = None,
    quick: Annotated[bool, typer.Option("--quick", help=HELP["quick"])] = False,
    workers: Annotated[str, typer.Option(help=HELP["workers"])] = "1",
    cluster: Annotated[Optional[str], typer.Option(help=HELP["cluster"])] = None,
    out: Annotated[Optional[str], typer.Option(help=HELP["out"])] = None,
) -> None:
    """Run a scenario: writes curve.csv, curve.png, panel.png and run.json; run again to go on after a stop."""
    from linksim.cli import scenario_files
    from linksim.montecarlo.options import Options, run_with_options

    options = Options(snr, pictures, draws, quick, workers, cluster, out)
    raise SystemExit(run_with_options(scenario_files.load(scenario), options))


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="Name of a recipe; `linksim list recipes` shows them.")],
    out: Annotated[Path, typer.Option(help="Runs are kept in OUT/RECIPE.")] = Path("runs"),
    steps: Annotated[Optional[int], typer.Option(help="Train for so many gradient steps instead of the recipe's; a multiple of 500.")] = None,
) -> None:
    """Train a recipe, or go on where its last checkpoint stands; ends in weights.h5 and card.json."""
    import dataclasses

    _quiet_tensorflow()
    from linksim.training import get_recipe
    from linksim.training.progress import train_with_progress

    chosen = get_recipe(recipe)
    if steps is not None:
        chosen = dataclasses.replace(chosen, steps=steps)
    train_with_progress(chosen, out)


@app.command()
def show(
    results: Annotated[Path, typer.Argument(help="A results folder, such as results/quickstart.")],
    metric: Annotated[str, typer.Option(help="psnr, psnr_of_mean_mse, ...")] = "psnr",
) -> None:
    """Print the table of a finished run: one row per link, one column per SNR."""
    import pandas as pd

    path = results / "curve.csv"
    try:
        table = pd.read_csv(path)
        table = table[table["metric"] == metric]
        wide = table.pivot_table(index=["link", "layer"], columns="snr_db", values="mean", sort=False)
    except FileNotFoundError as error:
        raise LinksimError(f"{path} does not exist; run the scenario first") from error
    except OSError as error:
        raise LinksimError(f"{path} cannot be read ({error.strerror}); name a results folder") from error
    except (KeyError, ValueError, pd.errors.ParserError) as error:
        raise LinksimError(f"{path} is not a linksim curve ({error}); run the scenario again") from error
    if wide.empty:
        raise LinksimError(f"{path} holds no metric {metric!r}; run with it, or choose another")
    several = table["layer"].nunique() > 1
    rows = [
        [f"{link}, after layer {layer + 1}" if several else str(link), *("" if pd.isna(v) else f"{v:.2f}" for v in values)]
        for (link, layer), values in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    _print_table(f"{results}: {metric}", ["link", *(f"{snr:g} dB" for snr in wide.columns)], rows, whole=True)


@app.command()
def bench(
    only: Annotated[Optional[str], typer.Option(help="analog, progressive, ldpc, bpg or factored; default all.")] = None,
    seconds: Annotated[float, typer.Option(help="Time per measurement.", min=0.1)] = 3.0,
) -> None:
    """Measure speeds on this machine: analog links over bare networks, LDPC, BPG, factored over chain."""
    _quiet_tensorflow()
    from linksim.cli.bench import SUITE

    if only is not None and only not in SUITE:
        raise LinksimError(f"unknown benchmark {only!r}; take one of {', '.join(SUITE)}")
    rows = [[m.what, f"{m.value:.3g}", m.unit] for name in ([only] if only else SUITE) for m in SUITE[name](seconds)]
    _print_table("measured on this machine", ["what", "value", "unit"], rows)


@app.command()
def merge(
    sources: Annotated[list[Path], typer.Argument(help="Results folders of one scenario, from any machines.")],
    into: Annotated[Path, typer.Option(help="Folder that receives all units.")],
) -> None:
    """Merge the stored units of several runs; merging twice changes nothing. Then run the scenario with --out INTO."""
    from linksim.montecarlo import merge as merge_stores

    count = merge_stores(sources, into)
    typer.echo(f"{into} holds {count} units; `linksim run SCENARIO --out {into}` draws their curve")


def main() -> None:
    """Entry point: errors that a user can cause are one line and exit code 2."""
    try:
        app()
    except LinksimError as error:
        typer.echo(f"linksim: {error}", err=True)
        sys.exit(2)
