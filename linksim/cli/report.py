"""`linksim report`: finished runs as pages for a browser."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from linksim.errors import LinksimError

RESULTS = Path("results")


def report(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="[FOLDER]...", help="Result folders; all in results/ by default.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the pages; a site of before is replaced.")] = Path("site"),
    scores: Annotated[
        str, typer.Option(help="Metrics under each picture, such as psnr,ssim,lpips; they are computed now.")
    ] = "psnr",
    max_mb: Annotated[
        float, typer.Option(help="Size of all pictures of a page; larger ones are stored as WebP.", min=0.1)
    ] = 60.0,
) -> None:
    """Write pages that show finished runs in a browser, without a server or a network: curves, pictures, provenance."""
    typer.echo(write(folders or results_in(RESULTS), out, scores, max_mb, visibly=True))


def write(folders: list[Path], out: Path, scores: str = "psnr", max_mb: float = 60.0, visibly: bool = False) -> Path:
    """The site of some folders; returns its index."""
    from linksim.report.site.build import build_site

    names = [name.strip() for name in scores.split(",") if name.strip()]

    def said(line: str) -> None:
        if visibly:
            typer.echo(f"linksim: {line}", err=True)

    return build_site(folders, out, card_of, max_mb, names, said, digest_of)


def results_in(folder: Path) -> list[Path]:
    """The finished result folders in a folder.

    Raises
    ------
    LinksimError
        If there is none.
    """
    found = sorted(path.parent for path in folder.glob("*/curve.csv"))
    if not found:
        raise LinksimError(f"{folder} holds no finished results; run a scenario first, or name result folders")
    return found


def card_of(name: str) -> dict[str, Any] | None:
    """The card of a model that the zoo has, or that was trained here, as plain values."""
    from linksim.zoo.card import read_card
    from linksim.zoo.catalog import find

    try:
        folder = find(name)
    except LinksimError:
        return None  # the name of a codec that is no entry
    return dataclasses.asdict(read_card(folder))


def digest_of(name: str) -> str | None:
    """Digest of the weights of a model that the zoo has, or that was trained here; None where they are damaged."""
    from linksim.zoo.catalog import stored_digest

    try:
        return stored_digest(name)
    except LinksimError:
        return None
