"""`linksim run`: simulate a scenario."""

from __future__ import annotations

from typing import Annotated

import typer

from linksim.montecarlo.script import HELP


def run(
    scenario: Annotated[str, typer.Argument(help="Name (see `linksim list`) or path of a scenario script.")],
    snr: Annotated[str | None, typer.Option(help=HELP["snr"])] = None,
    values: Annotated[str | None, typer.Option(help=HELP["values"])] = None,
    pictures: Annotated[str | None, typer.Option(help=HELP["pictures"])] = None,
    draws: Annotated[int | None, typer.Option(help=HELP["draws"])] = None,
    quick: Annotated[bool, typer.Option("--quick", help=HELP["quick"])] = False,
    workers: Annotated[str, typer.Option(help=HELP["workers"])] = "1",
    cluster: Annotated[str | None, typer.Option(help=HELP["cluster"])] = None,
    out: Annotated[str | None, typer.Option(help=HELP["out"])] = None,
    keep_pictures: Annotated[str | None, typer.Option(help=HELP["keep_pictures"], metavar="[N]")] = None,
    seed: Annotated[int | None, typer.Option(help=HELP["seed"])] = None,
    metrics: Annotated[str | None, typer.Option(help=HELP["metrics"])] = None,
    sources: Annotated[str | None, typer.Option(help=HELP["sources"])] = None,
    links: Annotated[str | None, typer.Option(help=HELP["links"], metavar="TEXT,TEXT")] = None,
    format: Annotated[str, typer.Option("--format", help=HELP["format"])] = "png",
) -> None:
    """Run a scenario: writes curve.csv, run.json and its figures; run again to go on after a stop."""
    from linksim.cli import scenario_files
    from linksim.cli.output import quiet_tensorflow
    from linksim.montecarlo.options import Options
    from linksim.montecarlo.script import run_with_options
    from linksim.montecarlo.threads import one_thread

    options = Options(
        snr, pictures, draws, quick, workers, cluster, out, keep_pictures, values, seed, metrics, format, sources, links
    )  # fmt: skip
    path = scenario_files.find(scenario)
    options.check_values()
    with one_thread():  # before weights are loaded, which starts TensorFlow
        quiet_tensorflow()  # the script may import Keras first, which lets it talk
        raise SystemExit(run_with_options(scenario_files.load(path), options))
