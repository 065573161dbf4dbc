"""A result as a prompt, a notebook and a paper show it."""

import pytest
from harness_fakes import CliffLink, NoisyLink, picture_set

from linksim.errors import LinksimError
from linksim.montecarlo import Sweep


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    links = [NoisyLink(r"$\eta$ = 3"), CliffLink("costs $5 & more")]
    out = tmp_path_factory.mktemp("s")
    return Sweep("s", links, picture_set(2), [0, 10], max_draws=4, out=out).run(progress=False)


def test_a_prompt_shows_the_table(result):
    lines = repr(result).splitlines()
    assert lines[0] == "s: PSNR (dB)" and lines[1].split() == ["link", "0", "dB", "10", "dB"]
    assert lines[2].startswith("η = 3 ") and lines[3].startswith("costs $5 & more")
    assert lines[2].split()[-1] == f"{result.rows[2].mean:.2f}"


def test_a_notebook_shows_the_curves_and_the_table(result):
    shown = result._repr_html_()
    assert shown.startswith('<img alt="s: PSNR"') and "data:image/png;base64,iVBOR" in shown
    assert "<td>costs $5 &amp; more</td>" in shown and "±" in shown


def test_a_paper_has_a_table(result):
    source = result.to_latex(at=10)
    assert r"$\eta$ = 3 & $" in source and r"costs \$5 \& more & $" in source and r" \pm " in source
    assert result.to_latex(["psnr", "psnr_of_mean_mse"]).count(r"\\") == 3
    with pytest.raises(LinksimError, match="no metric 'lpips'"):
        result.to_latex("lpips")


def test_names_with_tex_are_drawn_and_saved(result):
    folder = result.save(["svg"])
    assert (folder / "curve.svg").is_file() and (folder / "panel.svg").is_file()
