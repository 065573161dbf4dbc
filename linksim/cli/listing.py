"""`linksim list`: what there is."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from linksim.cli.output import print_table, quiet_tensorflow
from linksim.errors import LinksimError
from linksim.scripts import check_file


class Listing(str, Enum):
    """What `linksim list` can show."""

    scenarios = "scenarios"
    zoo = "zoo"
    recipes = "recipes"
    pictures = "pictures"
    metrics = "metrics"
    sources = "sources"
    mcs = "mcs"


def list_(
    what: Annotated[Listing, typer.Argument(help="What to list.")] = Listing.scenarios,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE.py]", help="With recipes: those of a Python file of your own.")
    ] = None,
) -> None:
    """Show scenarios, weights, recipes, picture sets, metrics, source codecs, or modulation and coding schemes."""
    if file is None:
        _SHOW[what]()
    elif what is Listing.recipes:
        _recipes(file)
    else:
        raise LinksimError(f"`linksim list {what.value}` takes no file; leave out {file}")


def _scenarios() -> None:
    from linksim.cli import scenario_files

    rows = [[name, scenario_files.summary(path)] for name, path in scenario_files.names().items()]
    print_table("scenarios: linksim run NAME", ["name", "what it shows"], rows)


def _zoo() -> None:
    from linksim import zoo

    cards = [zoo.read_card(zoo.find(name)) for name in zoo.names()]
    rows = [[c.name, trained_at(c.recipe), str(c.steps), f"{c.val_psnr:.2f}"] for c in cards]
    heads = ["name", "trained at", "steps", "validation PSNR, dB"]
    print_table("zoo: linksim.zoo.load(NAME)", heads, rows, whole=True)


def trained_at(recipe: Mapping[str, Any]) -> str:
    """The SNR of a recipe, as "10 dB" or "0 to 20 dB"; for bits the channel and its probability, as "z(0.08)"."""
    snr_db, probability = recipe["snr_db"], recipe.get("error_probability")
    value = probability if snr_db is None else snr_db
    text = " to ".join(f"{v:g}" for v in (value if isinstance(value, (list, tuple)) else [value]))
    return f"{recipe['channel']}({text})" if snr_db is None else f"{text} dB"


def _recipes(file: Path | None = None) -> None:
    if file is not None:
        check_file(file)
        quiet_tensorflow()
    from linksim.training import RECIPES
    from linksim.training.recipe_files import recipes_in

    rows = [
        [r.name, r.codec_name, r.data, trained_at(r.to_dict()), str(r.steps), r.warm_start or ""]
        for r in (RECIPES if file is None else recipes_in(file)).values()
    ]
    heads = ["name", "codec", "data", "trained at", "steps", "starts from"]
    print_table(f"recipes: linksim train {f'{file}:' if file else ''}NAME", heads, rows, whole=True)


def _pictures() -> None:
    from linksim import images

    print_table("picture sets: --pictures NAME, or a folder", ["name"], [[name] for name in images.names()])


def _metrics() -> None:
    from linksim import metrics

    found = [metrics.get(name) for name in metrics.names()]
    better = {True: "higher", False: "lower", None: "-"}
    rows = [[m.name, m.unit or "-", better[m.higher_is_better]] for m in found]
    print_table("metrics", ["name", "unit", "better is"], rows)


def _sources() -> None:
    from linksim.zoo.sources import SOURCES

    print_table("source codecs: linksim run NAME --sources A,B", ["name"], [[name] for name in SOURCES])


def _mcs() -> None:
    from linksim.phy import PAPER_MCS

    rows = [[m.name, str(m.bits_per_symbol), f"{m.code_rate:.4f}"] for m in PAPER_MCS]
    print_table("modulation and coding schemes of the papers", ["name", "bits/symbol", "code rate"], rows)


_SHOW = {
    Listing.scenarios: _scenarios,
    Listing.zoo: _zoo,
    Listing.recipes: _recipes,
    Listing.pictures: _pictures,
    Listing.metrics: _metrics,
    Listing.sources: _sources,
    Listing.mcs: _mcs,
}
