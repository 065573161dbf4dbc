"""`--links`: the same links of a sweep and of its finished folder, and figures that can be drawn of them."""

import pytest
from harness_fakes import Best, CliffLink, NoisyLink, picture_set
from result_folders import keep_pictures, table, write_folder

from linksim.errors import LinksimError
from linksim.montecarlo import Options, Sweep
from linksim.report import Curves, Panel, Preferences, Table, draw, read, some_links


def tagged(link, **tags):
    link.tags = tags
    return link


def sweep(**change) -> Sweep:
    first = Best([CliffLink("scheme 1"), CliffLink("scheme 2", 2.0), CliffLink("scheme 3", 3.0)], "best")
    second = Best([CliffLink("other 1", 6.0), CliffLink("other 2", 7.0)], "second")
    learned = [
        tagged(NoisyLink("Learned A"), scheme="deep JSCC", rate=0.5),
        tagged(NoisyLink("learned B", 0.4), scheme="deep JSCC"),
    ]
    links = [first, second, *learned, CliffLink("scheme 3", 3.0)]
    return Sweep(
        **{"name": "s", "links": links, "pictures": picture_set(2), "snr_db": [0, 6], "max_draws": 2, **change}
    )


CHOICES = {
    "learned": (["Learned A", "learned B"], {}),
    "LEARNED a": (["Learned A"], {}),
    "jscc": (["Learned A", "learned B"], {}),
    "best, b": (["best", "scheme 1", "scheme 2", "scheme 3", "learned B"], {"best": [1, 2, 3]}),
    "best,scheme 3": (["best", "scheme 1", "scheme 2", "scheme 3"], {"best": [1, 2]}),
    "best,scheme 1": (["best", "scheme 1", "scheme 2", "scheme 3"], {"best": [1, 2, 3]}),
    "other 2": (["other 2"], {}),
    "scheme 1,other 1": (["scheme 1", "other 1"], {}),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    sweep(out=folder).run(progress=False)
    return read(folder)


@pytest.mark.parametrize("option", CHOICES)
def test_a_sweep_and_its_finished_folder_have_the_same_links(option, whole, tmp_path):
    """With the same numbers, and the same members of the same envelopes."""
    Options(links=option, out=str(tmp_path)).apply(sweep()).run(progress=False)
    ran, shown = read(tmp_path).rows, some_links(whole, option).rows
    names, members = CHOICES[option]
    assert list(dict.fromkeys(ran.table["link"])) == names
    assert sorted(map(str, ran.table.values.tolist())) == sorted(map(str, shown.table.values.tolist()))
    assert ran.envelopes == shown.envelopes == {k: [f"scheme {i}" for i in v] for k, v in members.items()}
    assert ran.tags.keys() == shown.tags.keys()


def test_nothing_that_is_called_so(whole):
    said = "^--links vvc: no link is called so; take parts of "
    with pytest.raises(LinksimError, match=said + "best; second; Learned A; learned B; scheme 3$"):
        Options(links="vvc").apply(sweep())
    with pytest.raises(LinksimError, match=said + "best; scheme 3; second; Learned A; learned B$"):
        some_links(whole, "vvc")


def test_one_of_the_texts_that_no_link_has_is_said(capsys):
    assert [link.name for link in Options(links="vvc,second").apply(sweep()).links] == ["second"]
    assert capsys.readouterr().err == "linksim: --links: no link has 'vvc' in its name\n"


@pytest.mark.parametrize("option", ["", " ", ",", "best,,second", "best,"])
def test_an_empty_text_is_refused(option):
    with pytest.raises(LinksimError, match="--links .* has an empty text; give parts of names"):
        Options(links=option).check_values()


def test_names_with_tex_are_found_as_they_are_read(tmp_path):
    folder = write_folder(tmp_path, table({r"$\eta$ = 3": 1 / 6, r"$\eta$ = 4": 1 / 6}))
    for text in ("η = 3", r"$\eta$ = 3"):
        assert set(some_links(read(folder), text).rows.table["link"]) == {r"$\eta$ = 3"}


def test_a_name_with_a_comma_is_one_text():
    names = ["BPG + LDPC, best, CBR 1/6", "BPG + LDPC, best, CBR 1/12", "JPEG + LDPC, best, CBR 1/6", "best"]
    links = [CliffLink(name) for name in names]
    for option, found in [(names[0], 1), ("bpg + ldpc, best", 2), ("bpg,jpeg", 3), ("bpg, best", 4)]:
        assert [link.name for link in Options(links=option).apply(sweep(links=links)).links] == names[:found]


FIGURES = [
    Curves(variants={"learned B": "Learned A", "scheme 3": "best"}),
    Curves(x="rate", group="scheme"),
    Curves(x="cbr", y="ssim", split="rate"),
    Panel(),
    Table(),
    Preferences(),
]


def test_a_run_does_not_fail_for_links_that_a_figure_names(tmp_path, capsys):
    """Which would be after hours: dashed in the colour of a link that is not there, along a tag that none has."""
    with pytest.raises(SystemExit):
        sweep(figures=FIGURES, metrics=["ssim"]).main(["--links", "none", "--out", str(tmp_path)])
    capsys.readouterr()
    sweep(figures=FIGURES, metrics=["ssim"]).main(["--links", "learned b", "--out", str(tmp_path)])
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        "linksim: no link of these has the tag 'rate', so curve_psnr_rate is left out",
        "linksim: preference is of all links of a study, and left out",
    ]
    assert read(tmp_path).figures == [Curves(), Curves(x="cbr", y="ssim"), Panel(), Table()]
    assert {"curve.png", "curve_ssim_cbr.png", "panel.png", "table.md"} <= {p.name for p in tmp_path.iterdir()}


def test_what_a_figure_names_and_is_there_stays():
    changed = Options(links="learned").apply(sweep(figures=FIGURES))
    assert changed.figures == [Curves(variants={"learned B": "Learned A"}), *FIGURES[1:5]]


def test_a_finished_folder_draws_the_chosen_links_only(tmp_path):
    links = {f"{kind} 1/{n}": 1 / n for n in (6, 12) for kind in "ab"}
    folder = write_folder(
        tmp_path, table(links), envelopes={"a 1/6": ["a 1/12"]},
        figures=[f.to_dict() for f in (Curves(variants={"b 1/6": "a 1/6"}), Panel(), Table())],
    )  # fmt: skip
    keep_pictures(folder, {"a 1/6": 1, "b 1/6": 1})
    some = some_links(read(folder), "A 1/6")
    assert {p.link for p in some.received} == {"", "a 1/6"} and some.figures[0] == Curves()
    assert [path.name for path in draw(some, out=tmp_path / "a")] == ["curve.png", "panel.png", "table.md", "table.csv"]
    lines = (tmp_path / "a" / "table.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["link", "a 1/6", "a 1/12"]
    other = some_links(read(folder), "b 1/12")
    assert [path.name for path in draw(other, out=tmp_path / "b")] == ["curve.png", "table.md", "table.csv"]
