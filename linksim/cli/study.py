"""`linksim study`: ask people which picture they prefer."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated

import typer

from linksim.cli.output import print_table, quiet_tensorflow
from linksim.errors import LinksimError

app = typer.Typer(help="Ask people which of two received pictures they prefer.", no_args_is_help=True)

_SIMULATED = "simulated"


@app.command()
def make(
    folders: Annotated[list[Path], typer.Argument(help="Result folders with received pictures (--keep-pictures).")],
    ours: Annotated[list[str], typer.Option(help="Name of a link; again for more.")],
    theirs: Annotated[list[str], typer.Option(help="Name of a link that it is compared with; again for more.")],
    at: Annotated[float | None, typer.Option(help="Axis value, such as the SNR in dB.")] = None,
    pairs: Annotated[int, typer.Option(help="Patches that each participant is asked.", min=1)] = 46,
    side: Annotated[int, typer.Option(help="Pixels along a side of a patch.", min=8)] = 256,
    checks: Annotated[int, typer.Option(help="Attention checks among them.", min=0)] = 3,
    question: Annotated[str, typer.Option(help="What is asked.")] = "Which picture do you prefer?",
    seed: Annotated[int, typer.Option(help="Of the choice of patches.")] = 0,
    simulate: Annotated[
        int, typer.Option(help="Answers of so many participants that LPIPS stands in for, to try the rest.", min=0)
    ] = 0,
    out: Annotated[Path, typer.Option(help="Folder for study.html and study.json.")] = Path("study"),
) -> None:
    """Write a study as one page: give it to participants as a file, or serve it."""
    from linksim.files import prepare_folder, write_atomically
    from linksim.study.make import make_study
    from linksim.study.page import ABOUT, PAGE, write_page
    from linksim.study.simulate import by_lpips

    if (out / ABOUT).exists() or (out / PAGE).exists():
        raise LinksimError(f"{out} holds a study; name a new folder with --out, its answers would not fit another one")
    if simulate:
        quiet_tensorflow()  # LPIPS runs on it
    made = make_study(folders, ours, theirs, at, pairs, side, checks, question, seed)
    simulated = by_lpips(made, simulate, seed) if simulate else []
    typer.echo(write_page(made, out))
    if simulated:
        prepare_folder(out / _SIMULATED)
        for number, text in enumerate(simulated):
            write_atomically(out / _SIMULATED / f"{number}.json", text)
        typer.echo(out / _SIMULATED)


@app.command()
def serve(
    study: Annotated[Path, typer.Argument(help="What `linksim study make` wrote.")],
    answers: Annotated[Path, typer.Option(help="Folder for the answers.")] = Path("answers"),
    participants: Annotated[int, typer.Option(help="How many links there are to be; each serves once.", min=1)] = 20,
    host: Annotated[str, typer.Option(help="Address to listen on; this machine alone by default.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8765,
    url: Annotated[
        str | None, typer.Option(help="What the links begin with, where a server before it has a name.")
    ] = None,
    proxy: Annotated[
        str | None, typer.Option(help="Address of that server, whose X-Forwarded-For says who asks.")
    ] = None,
) -> None:
    """Hand the study out and collect answers, until Ctrl-C."""
    try:
        import waitress

        from linksim.study.server import make_app
    except ImportError as error:
        raise LinksimError(f"{error.name} is missing; install it with `pip install 'linksim[study]'`") from error
    from linksim.study.answers import MOST_BYTES

    made = make_app(study, answers, participants)
    base = url or f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    for token in made.extensions["desk"].tokens:
        typer.echo(f"{base}?t={token}")
    if not _is_loopback(host):
        typer.echo("linksim: the answers travel unencrypted; put a server with TLS in front of this one", err=True)
    typer.echo(f"linksim: answers are kept in {answers}; Ctrl-C ends", err=True)
    try:
        trusted = {"trusted_proxy": proxy, "trusted_proxy_headers": {"x-forwarded-for"}} if proxy else {}
        most = 2 * MOST_BYTES
        waitress.serve(made, host=host, port=port, threads=8, max_request_body_size=most, ident=None, **trusted)
    except (OSError, ValueError) as error:
        raise LinksimError(f"{host}:{port} cannot be listened on ({error}); take another --host or --port") from error


@app.command()
def analyse(
    study: Annotated[Path, typer.Argument(help="What `linksim study make` wrote.")],
    answers: Annotated[list[Path], typer.Argument(help="Files of answers, or folders of them.")],
    allowed: Annotated[int, typer.Option(help="Attention checks that a participant may fail.", min=0)] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for preference.csv and preference.png.")] = None,
) -> None:
    """How often ours is preferred at each setting, with 95 % intervals over participants and patches."""
    from linksim.report.labels import cbr_text
    from linksim.study.analysis import analyse
    from linksim.study.answers import read_answers
    from linksim.study.make import read_study
    from linksim.study.page import ABOUT
    from linksim.study.table import write

    about = read_study(study / ABOUT)
    given = read_answers(answers, about)
    outcome = analyse(about, given, allowed)
    note = "simulated participants: no result" if any(one.simulated for one in given) else ""
    rows = [
        [p.setting.ours, p.setting.theirs, cbr_text(p.setting.theirs_cbr), f"{100 * p.share:.1f} %",
         f"{100 * p.low:.1f} to {100 * p.high:.1f} %", str(p.participants), str(p.answers)]
        for p in outcome.preferences
    ]  # fmt: skip
    columns = ["ours", "theirs", "CBR of theirs", "ours preferred", "95 % interval", "participants", "answers"]
    print_table(note or f"{study}: {len(given)} participants", columns, rows, whole=True)
    if outcome.excluded:
        typer.echo(f"{outcome.excluded} of {len(given)} participants failed attention checks and are not counted")
    for name in dict.fromkeys(p.setting.ours for p in outcome.preferences):
        for surely, how in ((False, "in more than half of the answers"), (True, "by the whole of its interval")):
            highest = outcome.highest_cbr(name, surely)
            at = "at no bandwidth ratio" if highest is None else f"up to CBR {cbr_text(highest)} of the other scheme"
            typer.echo(f"{name} is preferred {how}: {at}")
    for path in write(outcome, out, note) if out else ():
        typer.echo(path)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
