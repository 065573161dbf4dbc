"""Sweeps from links to table."""

import json

import numpy as np
import pytest
from harness_fakes import Best, CliffLink, FakeLink, NoisyLink, picture_set

from linksim.errors import LinksimError
from linksim.images.picture import PictureSet
from linksim.links.base import Bandwidth, Outcomes, Reception
from linksim.montecarlo import Sweep
from linksim.montecarlo.table import to_csv
from linksim.report import Curves, Panel, read


def rows_of(result, link, metric="psnr", layer=0):
    return [r for r in result.rows if (r.link, r.metric, r.layer) == (link, metric, layer)]


def test_means_are_those_of_every_single_transmission(tmp_path):
    """Against a plain loop over pictures and draws; unlike sizes, and both kinds of PSNR."""
    pictures = PictureSet("two sizes", [*picture_set(2, (16, 24)), *picture_set(1, (9, 5))])
    link = NoisyLink()
    result = Sweep("s", [link], pictures, [4.0], ci_half_width=None, max_draws=6, out=tmp_path).run()
    mse = np.array(
        [
            [np.mean((p.pixels - x.load_pixels().astype(float)) ** 2) for d in range(6)
             for x in link.transmit([p], 4.0, range(d, d + 1)).layers[0]]
            for p in pictures
        ]
    )  # fmt: skip
    psnr = 10 * np.log10(255**2 / mse)
    (row,) = rows_of(result, link.name)
    assert row.mean == pytest.approx(psnr.mean())
    assert (row.n_pictures, row.n_draws, row.delivered) == (3, 6, 1.0)
    assert row.cbr == pytest.approx(np.mean([(p.pixels.size // 12) / p.pixels.size for p in pictures]))
    from scipy import stats

    error = np.sqrt(np.sum(psnr.var(1, ddof=1) / 6)) / 3
    weights = psnr.var(1, ddof=1) / psnr.var(1, ddof=1).sum()
    quantile = stats.t.ppf(0.975, 1 / np.sum(weights**2 / 5))
    assert row.ci_high - row.mean == pytest.approx(quantile * error)
    (row,) = rows_of(result, link.name, "psnr_of_mean_mse")
    assert row.mean == pytest.approx(10 * np.log10(255**2 / mse.mean()))


def test_points_stop_at_the_target_or_at_the_limit(tmp_path):
    links = [NoisyLink("easy", spread=0.01), NoisyLink("hard", spread=0.5)]
    result = Sweep("s", links, picture_set(8), [5.0], ci_half_width=0.05, max_draws=64, out=tmp_path).run()
    easy, hard = (rows_of(result, name)[0] for name in ("easy", "hard"))
    assert easy.ci_high - easy.mean <= 0.05 and easy.n_draws < 64
    assert hard.ci_high - hard.mean > 0.05 and hard.n_draws == 64
    result.save()
    stopped = json.loads((tmp_path / "run.json").read_text())["stopped"]
    assert stopped == {"easy": {"5": "target"}, "hard": {"5": "limit"}}


def test_an_envelope_shows_its_best_member(tmp_path):
    low, high = CliffLink("low", 2, sigma=8), CliffLink("high", 8, sigma=2)
    sweep = Sweep(
        "s", [Best([low, high]), Best([high, low], "again")], picture_set(), [4, 5, 12], max_draws=32, out=tmp_path
    )
    result = sweep.run()
    assert result.chosen == {
        "best": {4.0: ("low",), 5.0: ("low",), 12.0: ("high",)},
        "again": {4.0: ("low",), 5.0: ("low",), 12.0: ("high",)},
    }
    for snr, (member,) in result.chosen["best"].items():
        envelope, chosen = (next(r for r in rows_of(result, name) if r.value == snr) for name in ("best", member))
        assert (envelope.mean, envelope.ci_low, envelope.n_draws) == (chosen.mean, chosen.ci_low, chosen.n_draws)
    # every member once, although it is in two envelopes
    assert len(rows_of(result, "low")) == 3 and len(result.points) == 6


def test_a_member_that_is_named_for_itself_is_drawn_like_any_link(tmp_path):
    low, high = CliffLink("low", 2, sigma=8), CliffLink("high", 8, sigma=2)
    Sweep("s", [high, Best([low, high])], picture_set(), [4.0], max_draws=2, out=tmp_path).run()
    found = read(tmp_path)
    assert found.rows.members == {"low"} and set(found.rows.table["link"]) == {"best", "low", "high"}


def test_a_failed_picture_counts_as_concealed_and_not_delivered(tmp_path):
    link = CliffLink("lost", threshold_db=30)
    result = Sweep("s", [link], picture_set(), [0.0], max_draws=4, out=tmp_path).run()
    (row,) = rows_of(result, "lost")
    grey = [10 * np.log10(255**2 / np.mean((p.pixels - 128.0) ** 2)) for p in picture_set()]
    assert row.delivered == 0.0 and row.mean == pytest.approx(np.mean(grey))


class TwoLayers(FakeLink):
    """A base layer that always arrives and an enhancement that arrives half of the time."""

    num_layers = 2

    def transmit(self, pictures, snr_db, draws, seed=0) -> Reception:
        one = np.arange(len(pictures))
        base = np.stack([p.pixels // 2 for p in pictures])
        fine = np.stack([p.pixels // 2 + p.pixels // 4 for p in pictures])
        n = len(draws)
        all_of_it = Outcomes(one, np.full(len(one), n), np.ones(len(one), bool), base)
        even, odd = len([d for d in draws if d % 2 == 0]), len([d for d in draws if d % 2])
        half = [
            Outcomes(one, np.full(len(one), count), np.full(len(one), arrived), pixels)
            for count, arrived, pixels in ((even, True, fine), (odd, False, base))
            if count
        ]
        return Reception([[all_of_it], half], [[Bandwidth(10)] * len(one), [Bandwidth(30)] * len(one)])


def test_layers_have_rows_of_their_own(tmp_path):
    pictures = picture_set(2)
    result = Sweep("s", [TwoLayers("layers")], pictures, [0.0], max_draws=8, out=tmp_path).run()
    base, fine = rows_of(result, "layers", layer=0)[0], rows_of(result, "layers", layer=1)[0]
    assert (base.delivered, fine.delivered) == (1.0, 0.5)
    assert fine.mean > base.mean
    assert fine.cbr == pytest.approx(3 * base.cbr)


class Refined(FakeLink):
    """Two layers that always arrive, each with an error of its own."""

    num_layers = 2

    def __init__(self, name: str, errors: tuple[int, int]):
        super().__init__(name)
        self.errors = errors

    def transmit(self, pictures, snr_db, draws, seed=0) -> Reception:
        one, n = np.arange(len(pictures)), len(draws)
        layers = [
            [Outcomes(one, np.full(len(one), n), np.ones(len(one), bool), np.stack([p.pixels + e for p in pictures]))]
            for e in map(np.uint8, self.errors)
        ]
        return Reception(layers, [[Bandwidth(10)] * len(one), [Bandwidth(20)] * len(one)])


def test_an_envelope_over_layers_chooses_for_each_of_them(tmp_path):
    first, second = Refined("good first", (4, 3)), Refined("good last", (6, 2))
    sweep = Sweep("s", [Best([first, second])], picture_set(2), [0.0, 3.0], max_draws=4, out=tmp_path)
    result = sweep.run()
    assert result.chosen == {"best": {snr: ("good first", "good last") for snr in (0.0, 3.0)}}
    for layer, error in enumerate((4, 2)):
        psnr = [row.mean for row in rows_of(result, "best", layer=layer)]
        assert psnr == pytest.approx([20 * np.log10(255 / error)] * 2)
    result.save()
    envelope = json.loads((tmp_path / "run.json").read_text())["envelopes"]["best"]
    assert envelope["chosen"]["3"] == ["good first", "good last"]
    titles = [axes.get_title() for axes in result.panel(3.0).axes]
    assert titles[:3] == ["original", "layer 1: 36.09 dB\ngood first", "layer 2: 42.11 dB\ngood last"]
    assert len(titles) == 3 * 2, "a row for each of the two pictures"


def test_an_envelope_over_unlike_numbers_of_layers_is_refused(tmp_path):
    with pytest.raises(LinksimError, match="'best' have 1 or 2 layers; make an envelope for each"):
        Sweep("s", [Best([Refined("two", (4, 3)), NoisyLink()])], picture_set(1), [0.0], out=tmp_path).run()


def test_a_panel_has_a_row_for_every_link_where_there_are_layers(tmp_path):
    links = [TwoLayers("layers"), NoisyLink(), CliffLink("cliff", 30)]
    sweep = Sweep(
        "s", links, picture_set(4), [0.0], max_draws=4, figures=[Curves(layers=1), Panel(layers=1)], out=tmp_path
    )
    result = sweep.run()
    rows = [axes.get_ylabel() for axes in result.panel().axes if axes.get_ylabel()]
    assert rows[:3] == ["layers, p0", "noisy, p0", "cliff, p0"] and len(rows) == 6
    assert len(result.panel().axes) == 2 * 6, "the original and the one layer that is asked for"
    assert "not delivered" in result.panel(picture=3).axes[5].get_title()
    many = Sweep(
        "s", [*links, *(NoisyLink(f"n{i}", 0.1 * i) for i in range(6))], picture_set(), [0.0], max_draws=2, out=tmp_path
    )
    rows = [axes.get_ylabel() for axes in many.run().panel().axes if axes.get_ylabel()]
    assert rows == ["p0", "p1", "p2"], "only the link that has layers"


def test_a_rerun_runs_nothing_and_more_draws_reuse_what_there_is(tmp_path):
    def run(max_draws: int):
        return Sweep("s", [NoisyLink()], picture_set(), [0, 5], 1e-6, max_draws, out=tmp_path).run()

    assert run(8)._how["units_run"] > 0
    assert run(8)._how["units_run"] == 0
    more = run(16)
    fresh = Sweep("s", [NoisyLink()], picture_set(), [0, 5], 1e-6, 16, out=tmp_path / "fresh").run()
    assert 0 < more._how["units_run"] < fresh._how["units_run"]
    assert to_csv(more.rows, more.setup.axis) == to_csv(fresh.rows, fresh.setup.axis)


def test_the_table_has_only_what_was_simulated(tmp_path):
    Sweep("s", [NoisyLink()], picture_set(), [0, 5], max_draws=4, out=tmp_path).run()
    result = Sweep("s", [NoisyLink()], picture_set(), [5], max_draws=4, out=tmp_path).run()
    assert set(result.table["snr_db"]) == {5.0}
    assert list(result.table.columns) == (
        [
            "scenario",
            "link",
            "layer",
            "snr_db",
            "metric",
            "mean",
            "ci_low",
            "ci_high",
            "n_pictures",
            "n_draws",
            "cbr",
            "delivered",
        ]
    )


def test_files_that_a_result_writes(tmp_path):
    links = [Best([CliffLink("a", 2), CliffLink("b", 6)]), NoisyLink()]
    sweep = Sweep("s", links, picture_set(), [0, 5], max_draws=4, metrics=("psnr", "mse"), out=tmp_path)
    sweep.run().save()
    names = {p.name for p in tmp_path.iterdir()}
    files = {"curve.csv", "curve.png", "curve_mse.png", "panel.png", "pictures.csv", "received", "run.json", "units"}
    assert names == files
    run = json.loads((tmp_path / "run.json").read_text())
    assert set(run["fingerprints"]) == {"a", "b", "noisy"}
    assert run["versions"]["numpy"] == np.__version__
    assert len(run["runs"]) == 1
    sweep.run().save()
    assert len(json.loads((tmp_path / "run.json").read_text())["runs"]) == 1, "a run that ran nothing is no run"


@pytest.mark.parametrize(
    "change, message",
    [
        ({"snr_db": [0, float("nan")]}, "SNR nan dB is not a finite number"),
        ({"snr_db": [float("inf")]}, "not a finite number"),
        ({"snr_db": []}, "no SNR"),
        ({"keep_pictures": 0}, "keep_pictures is 0"),
        ({"snr_db": ["ten"]}, "list of numbers"),
        ({"max_draws": 1}, "at least 2"),
        ({"ci_half_width": 0.0}, "positive"),
        ({"ci_half_width": float("nan")}, "positive"),
        ({"links": []}, "no links"),
        ({"name": "../up"}, "names a folder"),
        ({"max_pictures": 0}, "at least 1"),
    ],
)
def test_bad_arguments_are_one_sentence(change, message):
    arguments = {"name": "s", "links": [NoisyLink()], "pictures": picture_set(), **change}
    with pytest.raises(LinksimError, match=message) as caught:
        Sweep(**arguments)
    assert "\n" not in str(caught.value)


def test_two_links_of_one_name_are_refused(tmp_path):
    with pytest.raises(LinksimError, match="two different links are called 'x'"):
        Sweep("s", [NoisyLink("x"), CliffLink("x")], picture_set(), [0], out=tmp_path).run()
    with pytest.raises(LinksimError, match="one an envelope"):
        Sweep("s", [Best([NoisyLink("best")])], picture_set(), [0], out=tmp_path).run()


def test_a_folder_that_cannot_be_written_is_said_before_the_work(tmp_path):
    class Never(NoisyLink):
        def transmit(self, *_):
            raise AssertionError("work was begun")

    (tmp_path / "file").write_text("in the way")
    for out in (tmp_path / "file", tmp_path / "file" / "deeper", "/proc/linksim"):
        with pytest.raises(LinksimError, match="cannot be written .*--out"):
            Sweep("s", [Never()], picture_set(), [0], out=out).run()


class Wrong(FakeLink):
    """Returns what the test tells it to."""

    def __init__(self, **change):
        super().__init__("wrong")
        self.change = change

    def transmit(self, pictures, snr_db, draws, seed=0) -> Reception:
        n = len(pictures)
        fields = {
            "picture": np.arange(n),
            "count": np.full(n, len(draws)),
            "delivered": np.ones(n, bool),
            "pixels": np.stack([p.pixels for p in pictures]) // 2,
        }
        return Reception([[Outcomes(**{**fields, **self.change})]], [[Bandwidth(1)] * n])


@pytest.mark.parametrize(
    "change, message",
    [
        ({"count": np.array([1, 1, 1])}, "the counts of a layer must add up"),
        ({"count": np.array([0, 4, 4])}, "counts less than 1"),
        ({"picture": np.array([0, 1, 7])}, "was not sent"),
        ({"pixels": np.zeros((3, 16, 24, 3))}, "uint8"),
        ({"pixels": np.zeros((3, 16, 25, 3), np.uint8)}, "crop what the codec padded"),
        ({"keys": ["a"]}, "1 keys for 3 outcomes"),
        ({"delivered": np.ones(2, bool)}, "differ in length"),
    ],
)
def test_what_a_link_of_ones_own_gets_wrong_is_named(tmp_path, change, message):
    with pytest.raises(LinksimError, match=message):
        Sweep("s", [Wrong(**change)], picture_set(), [0], out=tmp_path).run()
