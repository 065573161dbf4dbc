"""`linksim report`: a folder of pages from finished result folders."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from linksim.errors import LinksimError
from linksim.files import cannot_write, prepare_folder
from linksim.report.folder import ResultFolder, read
from linksim.report.site.content import (
    beginning_of,
    curves_of,
    figures_of,
    models_of,
    provenance_of,
    same_weights,
    study_of,
)
from linksim.report.site.pages import page, sentence_of, written_page
from linksim.report.site.pictures import pictures_of, thumbnail
from linksim.report.site.readable import readable

MARK = "linksim-site.json"
"""A file in every site: a folder with it may be written over."""

_INDEX, _ASSETS = "index.html", "assets"
_OURS = (MARK, _INDEX, _ASSETS)

Card = Mapping[str, Any]


@dataclass(frozen=True)
class _Entry:
    """A scenario on the index."""

    name: str
    sentence: str
    command: str | None
    thumbnail: bool


def build_site(
    folders: Sequence[Path],
    out: Path,
    card_of: Callable[[str], Card | None] = lambda name: None,
    max_mb: float = 60.0,
    scores: Sequence[str] = ("psnr",),
    report: Callable[[str], None] = lambda line: None,
    digest_of: Callable[[str], str | None] = lambda name: None,
) -> Path:
    """Write pages for finished result folders: an index, and a page for each.

    Parameters
    ----------
    folders : sequence of Path
        See `linksim.report.read`.
    out : Path
        A new or empty folder, or a site of before, which is replaced.
    card_of : function of a model's name
        Its card as plain values, or None where it is not known.
    max_mb : float
        How large the pictures of a page may be together, in megabytes.
    scores : sequence of str
        Metrics under each picture.
    report : function of str, optional
        Called with a line for each page.
    digest_of : function of a model's name
        Digest of its weights, as `run.json` has it of those that ran; None where they cannot be read.

    Returns
    -------
    Path
        `index.html`.

    Raises
    ------
    LinksimError
        If there is no folder, two have one name, one is damaged, or `out` holds something else.
    """
    given, out = out, out.resolve()
    _check_out(out)
    if not folders:
        raise LinksimError("there are no results to show; run a scenario first, or name result folders")
    results = [readable(read(folder)) for folder in folders]
    names = [_name(result) for result in results]
    for name in names:
        if names.count(name) > 1 or name in _OURS:
            raise LinksimError(f"two folders of the site would be called {name}; show them one by one, or rename one")
    prepare_folder(out.parent)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as folder:
            made = Path(folder) / "site"
            made.mkdir()
            entries = []
            for result, name in zip(results, names, strict=True):
                report(name)
                entries.append(_write_page(result, name, set(names), made, card_of, max_mb * 1e6, scores, digest_of))
            _copy_assets(made / _ASSETS)
            (made / _INDEX).write_text(page(_INDEX, root=".", entries=entries), encoding="utf-8")
            (made / MARK).write_text(json.dumps({"pages": names}) + "\n", encoding="utf-8")
            if out.exists():
                out.rename(Path(folder) / "before")  # goes with the folder, once the new one stands in its place
            made.rename(out)
    except OSError as error:
        raise cannot_write(out, error, "free space, or choose another --out") from error
    return given / _INDEX


def _check_out(out: Path) -> None:
    """Only what a site of before wrote is replaced."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    try:
        pages = json.loads((out / MARK).read_text(encoding="utf-8"))["pages"]
    except (OSError, ValueError, TypeError, KeyError):
        raise LinksimError(f"{out} exists and is no site of before; name a new folder with --out") from None
    if others := {path.name for path in out.iterdir()} - {*pages, *_OURS}:
        raise LinksimError(f"{out} holds {min(others)}, which is of no site of before; name a new folder with --out")


def _name(result: ResultFolder) -> str:
    return result.path.resolve().name


def _write_page(
    result: ResultFolder,
    name: str,
    names: set[str],
    site: Path,
    card_of: Callable[[str], Card | None],
    max_bytes: float,
    scores: Sequence[str],
    digest_of: Callable[[str], str | None],
) -> _Entry:
    to = site / name
    to.mkdir()
    pictures = pictures_of(result, to / "pictures", max_bytes, scores)
    figures = figures_of(result.path)
    for figure in figures:
        shutil.copyfile(figure, to / figure.name)
    if figures:
        thumbnail(figures[0], to / "thumbnail.webp")
    provenance = provenance_of(result)
    cards = {model: card for model in models_of(result) if (card := card_of(model)) is not None}
    histories = {model: {"history": card["history"]} for model, card in cards.items()}
    data = {"curves": curves_of(result), "pictures": pictures, "models": histories}
    text = page(
        "scenario.html",
        root="..",
        name=name,
        data=data,
        provenance=provenance,
        cards=cards,
        weights={model: same_weights(result, model, digest_of) for model in cards},
        beginnings={model: beginning_of(card) for model, card in cards.items()},
        pictures=pictures,
        panels=[figure.name for figure in figures if not figure.name.startswith(("curve", "preference"))],
        study=study_of(result.path),
        written=written_page(result.path, names),
        sentence=sentence_of(result.path),
    )
    (to / "index.html").write_text(text, encoding="utf-8")
    return _Entry(
        name,
        sentence_of(result.path),
        provenance["command"],
        bool(figures),
    )


def _copy_assets(to: Path) -> None:
    with resources.as_file(resources.files("linksim.report.site") / "assets") as assets:
        shutil.copytree(assets, to)
