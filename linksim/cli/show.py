"""`linksim show`: the table of a finished run, or its page in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linksim.cli.output import print_table
from linksim.errors import LinksimError


def show(
    results: Annotated[Path, typer.Argument(help="A results folder, such as results/quickstart.")],
    metric: Annotated[
        str | None, typer.Option(help="One metric or several, such as psnr,ssim.", show_default="psnr")
    ] = None,
    latex: Annotated[bool, typer.Option("--latex", help="Print it as LaTeX (booktabs), with intervals.")] = False,
    at: Annotated[float | None, typer.Option(help="Only this value of the axis, or the nearest one.")] = None,
    x: Annotated[
        str | None, typer.Option(help="Columns for another thing than the axis: cbr, a column, a tag.")
    ] = None,
    group: Annotated[str | None, typer.Option(help="With --x: what has a row, link or a tag; default scheme.")] = None,
    pictures: Annotated[bool, typer.Option("--pictures", help="Every picture for itself, at --at or midway.")] = False,
    worst: Annotated[int | None, typer.Option(min=1, help="The so many worst pictures of every link.")] = None,
    best: Annotated[int | None, typer.Option(min=1, help="The so many best pictures of every link.")] = None,
    links: Annotated[
        str | None,
        typer.Option(help="Only links with one of these texts in their name or scheme.", metavar="TEXT,TEXT"),
    ] = None,
    web: Annotated[bool, typer.Option("--web", help="Open its page in a browser instead: curves, pictures.")] = False,
) -> None:
    """Print the table of a finished run: one row per link, one column per value of its axis."""
    of_links = (("--latex", latex), ("--x", x is not None), ("--group", group is not None))
    single = (("--pictures", pictures), ("--worst", worst is not None), ("--best", best is not None))
    if web:
        others = (("--metric", metric is not None), ("--at", at is not None), ("--links", links is not None))
        of_tables = (*of_links, *single, *others)
        for option, given in of_tables:
            if given:
                raise LinksimError(f"{option} is of tables; a page shows everything: leave it, or --web")
        _open(results)
        return
    metric = metric or "psnr"
    if any(given for _, given in single):
        for option, given in of_links:
            if given:
                raise LinksimError(f"{option} is of tables of links; leave it, or --pictures, --worst and --best")
        _single_pictures(results, metric, at, worst, best, links)
        return
    from linksim.report import Curves, Table, cells, cells_along, latex_of, read_some, to_latex

    names = tuple(name.strip() for name in metric.split(","))
    if group is not None and x is None:
        raise LinksimError("--group belongs to --x; add it, such as --x cbr, or leave it out")
    rows, table = read_some(results, links).rows, Table(names, at)
    columns = [name for name in names if name not in rows.metrics and name in rows.table.columns]
    if x is not None or columns:
        for name in names:
            figure = Curves(x=x, y=name, group=group or ("link" if x is None else "scheme"), at=at)
            made, caption = cells_along(rows, figure, intervals=latex)
            if latex:
                typer.echo(latex_of(made, caption, f"tab:{results.resolve().name}-{name}-{x or 'axis'}"), nl=False)
            else:
                print_table(caption, made.columns, made.rows, whole=True)
        return
    if latex:
        typer.echo(to_latex(rows, table), nl=False)
        return
    made = cells(rows, table, intervals=False)
    print_table(f"{results}: {metric}", made.columns, made.rows, whole=True)


def _single_pictures(
    results: Path, metric: str, at: float | None, worst: int | None, best: int | None, links: str | None
) -> None:
    """Results of single pictures at one value of the axis: of all of them, or of the worst or best."""
    from linksim.montecarlo.per_picture import ranked, read_per_picture
    from linksim.report import read_some
    from linksim.report.folder import read_run
    from linksim.report.tables import decimals

    if worst is not None and best is not None:
        raise LinksimError("--worst and --best are two tables; give one of them")
    finished = read_some(results, links)
    rows, table = finished.rows, read_per_picture(finished.path)
    if links is not None:
        table = table[table["link"].isin(list(rows.table["link"]))]
    values = rows.values
    value = values[len(values) // 2] if at is None else rows.nearest(at)
    digits = decimals(table.loc[table["metric"] == metric, "mean"])
    count = worst if best is None else best
    most = len(table) if count is None else count
    found = ranked(table, rows.axis.name, metric, value, most, best is not None, read_run(finished.path))
    if count is None:
        found = found.sort_values("number", kind="stable")
    several = found["layer"].nunique() > 1
    lines = [
        [
            f"{one.link}, after layer {one.layer + 1}" if several else str(one.link),
            str(one.number),
            str(one.picture),
            f"{one.mean:.{digits}f}",
            f"{one.std:.{digits}f}",
            str(one.n_draws),
            f"{one.delivered:.3g}",
        ]
        for one in found.itertuples()
    ]
    head = ["link", "number", "picture", metric, "spread over draws", "draws", "delivered"]
    which = "" if count is None else f", the {'best' if best is not None else 'worst'} {count} of every link"
    print_table(f"{results}: {metric} at {rows.axis.text(value)}{which}", head, lines, whole=True)


def _open(results: Path) -> None:
    """The page of a folder, made anew in the cache, in the browser of this machine."""
    import webbrowser

    from linksim.cli.report import write
    from linksim.files import cache_folder
    from linksim.identity import digest

    name = f"{results.resolve().name}-{digest(str(results.resolve()))[:8]}"
    index = write([results], cache_folder("pages") / name)
    page = index.parent / results.resolve().name / "index.html"
    typer.echo(page)
    if not webbrowser.open(page.as_uri()):
        typer.echo("linksim: there is no browser here; open that file in one", err=True)
