"""Results of single pictures: from a run, from its units, and from the file that it leaves."""

import json
import zlib

import numpy as np
import pandas as pd
import pytest
from harness_fakes import Best, CliffLink, NoisyLink, picture_set
from PIL import Image

from linksim import Along
from linksim.errors import LinksimError
from linksim.images.picture import Picture, PictureSet
from linksim.montecarlo import Cbr, Sweep, per_picture
from linksim.montecarlo.kept_units import UnitReader, at, read_pictures, way
from linksim.montecarlo.per_picture import ranked, read_per_picture
from linksim.report.folder import read_run


class SmallUnits(NoisyLink):
    """Two pictures of 16x24 at a time."""

    max_pixels = 2 * 16 * 24


def sweep(out, pictures=5, draws=6, **change) -> Sweep:
    low, high = CliffLink("low", 2, sigma=8), CliffLink("high", 8, sigma=2)
    links = [SmallUnits(), Best([low, high])]
    given = pictures if isinstance(pictures, str) else picture_set(pictures)
    said = {"pictures": given, "snr_db": [0, 6], "max_draws": draws, "ci_half_width": None, **change}
    return Sweep("s", links, out=out, **said)


def by_hand(link, picture, snr_db, draws) -> np.ndarray:
    found = []
    for d in range(draws):
        (outcomes,) = link.transmit([picture], snr_db, range(d, d + 1)).layers[0]
        mse = np.mean((picture.pixels - outcomes.load_pixels()[0].astype(float)) ** 2)
        found.append(10 * np.log10(255**2 / mse))
    return np.array(found)


def test_each_picture_is_the_mean_and_spread_of_its_draws(tmp_path):
    result = sweep(tmp_path).run(progress=False)
    table = result.pictures
    assert len(table) == 4 * 2 * 2 * 5  # links and envelope, SNRs, PSNR and MSE, pictures
    for number in (0, 4):
        one = table[(table.link == "noisy") & (table.snr_db == 6) & (table.metric == "psnr") & (table.number == number)]
        psnr = by_hand(NoisyLink(), picture_set(5)[number], 6.0, 6)
        assert one["mean"].item() == pytest.approx(psnr.mean()) and one["std"].item() == pytest.approx(psnr.std(ddof=1))
        assert (one["picture"].item(), one["n_draws"].item(), one["delivered"].item()) == (f"p{number}", 6, 1.0)
    for row in result.rows:
        if row.metric == "psnr":
            mine = table[(table.link == row.link) & (table.snr_db == row.value) & (table.metric == "psnr")]
            assert mine["mean"].mean() == pytest.approx(row.mean) and mine["cbr"].mean() == pytest.approx(row.cbr)


def test_along_bandwidth_what_was_asked_for_and_what_was_used_are_two_columns(tmp_path):
    along = Along("cbr", {0.1: NoisyLink("a"), 0.2: NoisyLink("b")}, at=5.0, name="both")
    result = Sweep("s", [along], picture_set(2), axis=Cbr([0.1, 0.2]), max_draws=2, out=tmp_path).run()
    for table in (result.pictures, read_per_picture(tmp_path)):
        assert sorted(set(table["cbr"])) == [0.1, 0.2]
        assert set(table["cbr_used"].round(4)) == {round((16 * 24 * 3 // 12) / (16 * 24 * 3), 4)}


def test_file_and_units_tell_the_same(tmp_path):
    result = sweep(tmp_path).run(progress=False)
    columns = list(result.pictures.columns)
    of_file = read_per_picture(tmp_path)
    (tmp_path / per_picture.FILE).unlink()
    of_units = read_per_picture(tmp_path)
    keys = ["link", "layer", "snr_db", "metric", "number"]
    expected = result.pictures.sort_values(keys, ignore_index=True)
    for found, precision in ((of_units, 1e-12), (of_file, 1e-5)):
        assert list(found.columns) == columns
        found = found.sort_values(keys, ignore_index=True)
        pd.testing.assert_frame_equal(found, expected, rtol=precision, atol=1e-9, check_dtype=False)


def test_names_that_look_like_numbers_stay_as_they_are(tmp_path):
    names = ["0801", "1e5", "nan", "NA"]
    pictures = PictureSet("div2k", [Picture(n, p.pixels) for n, p in zip(names, picture_set(4), strict=True)])
    links = [SmallUnits("007"), SmallUnits("null", 0.3)]
    Sweep("s", links, pictures, [0], max_draws=2, ci_half_width=None, out=tmp_path).run(progress=False)
    of_file = read_per_picture(tmp_path)
    (tmp_path / per_picture.FILE).unlink()
    for found in (of_file, read_per_picture(tmp_path)):
        assert list(found["picture"][:4]) == names and list(dict.fromkeys(found["link"])) == ["007", "null"]


def test_units_of_other_numbers_of_pictures_and_draws_do_not_matter(tmp_path):
    """A first look at fewer pictures and draws, then more of both: rounds end elsewhere, units overlap."""
    sweep(tmp_path, 3, 3).run(progress=False)
    sweep(tmp_path, 5, 16, seed=1).run(progress=False)
    result = sweep(tmp_path, 5, 7).run(progress=False)
    (tmp_path / per_picture.FILE).unlink()
    keys = ["link", "layer", "snr_db", "metric", "number"]
    found = read_per_picture(tmp_path).sort_values(keys, ignore_index=True)
    expected = result.pictures.sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12, check_dtype=False)


def test_groups_of_draws_add_up(tmp_path):
    result = sweep(tmp_path, draws=16).run(progress=False)
    run = read_run(tmp_path)
    reader = UnitReader(tmp_path, read_pictures(tmp_path, run), 0)
    kept = reader.of(run["fingerprints"]["noisy"])[6.0]
    assert kept.ends(16) == [2, 4, 8, 12, 16] and kept.ends(5) == []  # at most 4 draws a unit
    groups = [kept.between(a, b, 16)[0] for a, b in ((0, 2), (2, 4), (4, 8), (8, 16))]
    assert [int(g.n[0]) for g in groups] == [2, 2, 4, 8]
    (whole,) = result.points[run["fingerprints"]["noisy"], 6.0].layers
    mean = sum(g.n * g.metrics["psnr"].mean for g in groups) / 16
    assert mean == pytest.approx(whole.metrics["psnr"].mean)


def test_the_cost_grows_with_the_units_and_not_with_their_square(tmp_path, monkeypatch):
    """Draws are laid end to end once for each run of pictures, however many groups are read."""
    result = sweep(tmp_path, pictures=20, draws=16).run(progress=False)
    run = read_run(tmp_path)
    kept = UnitReader(tmp_path, read_pictures(tmp_path, run), 0).of(run["fingerprints"]["noisy"])[6.0]
    calls = []
    monkeypatch.setattr("linksim.montecarlo.kept_units.way", lambda *given: calls.append(given) or way(*given))
    ends = kept.ends(16)
    for start, stop in zip([0, *ends], ends, strict=False):
        kept.between(start, stop, 16)
    assert len(ends) == 8 and len(calls) == 10 + 1  # ten pairs of pictures, and the pairs themselves
    (whole,), (expected,) = kept.between(0, 16, 16), result.points[run["fingerprints"]["noisy"], 6.0].layers
    assert (whole.n == expected.n).all() and whole.certain == expected.certain
    for name, moments in expected.metrics.items():
        np.testing.assert_allclose(whole.metrics[name].mean, moments.mean, rtol=1e-12)
        np.testing.assert_allclose(whole.metrics[name].m2, moments.m2, rtol=1e-12)


def test_a_large_table_is_not_written_and_an_old_one_goes(tmp_path, monkeypatch):
    sweep(tmp_path).run(progress=False)
    assert (tmp_path / per_picture.FILE).is_file()
    monkeypatch.setattr("linksim.montecarlo.result.MOST_ROWS", 79)
    sweep(tmp_path).run(progress=False)
    assert not (tmp_path / per_picture.FILE).exists() and len(read_per_picture(tmp_path)) == 80


def test_folders_without_units_say_so(tmp_path):
    sweep(tmp_path).run(progress=False)
    (tmp_path / per_picture.FILE).unlink()
    (tmp_path / "units" / "pictures.csv").unlink()
    with pytest.raises(LinksimError, match="is not known; run the same command again"):
        read_per_picture(tmp_path)
    for file in (tmp_path / "units").glob("*.jsonl"):
        file.unlink()
    with pytest.raises(LinksimError, match="keeps no results of single pictures"):
        read_per_picture(tmp_path)


def test_a_damaged_table_of_pictures_is_named(tmp_path):
    sweep(tmp_path, pictures=2, draws=2).run(progress=False)
    file = tmp_path / per_picture.FILE
    file.write_text(file.read_text() + "noisy,0,6,psnr,zero,p0,1,1,2,1,1\n")
    with pytest.raises(LinksimError, match=r"pictures.csv is damaged \(column number holds text\)"):
        read_per_picture(tmp_path)


def test_units_that_cannot_be_used_name_their_file(tmp_path):
    """A right checksum says nothing of what is in the line."""
    sweep(tmp_path).run(progress=False)
    (tmp_path / per_picture.FILE).unlink()
    (file,) = (tmp_path / "units").glob("*.jsonl")
    lines = file.read_bytes().splitlines()
    for spoil in (lambda layer: layer.pop("n"), lambda layer: layer.update(n="AAAA"), lambda layer: layer.update(n=3)):
        body = json.loads(lines[0][9:])
        spoil(body["layers"][0])
        text = json.dumps(body).encode()
        file.write_bytes(b"\n".join([b"%08x %s" % (zlib.crc32(text), text), *lines[1:], b""]))
        with pytest.raises(LinksimError, match=f"{file.name} holds a unit of link .* that cannot be used"):
            read_per_picture(tmp_path)


@pytest.mark.parametrize("name", ["kodak", "cifar10", "own"])
def test_older_folders_make_nothing_be_downloaded_or_opened(tmp_path, monkeypatch, name):
    """`run.json` may name any set or place; only sets that are on this machine are looked at."""
    for variable in ("LINKSIM_DATA", "LINKSIM_CACHE"):
        (tmp_path / variable).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / variable))
    asked = []
    monkeypatch.setattr("pooch.HTTPDownloader.__call__", lambda *given, **more: asked.append(given))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own").mkdir()
    for p in picture_set(2):
        Image.fromarray(p.pixels).save(tmp_path / "own" / f"{p.name}.png")
    sweep(tmp_path / "s", pictures="own", draws=2).run(progress=False)
    (tmp_path / "s" / per_picture.FILE).unlink()
    (tmp_path / "s" / "units" / "pictures.csv").unlink()
    run = read_run(tmp_path / "s")
    run["pictures"]["set"] = name
    (tmp_path / "s" / "run.json").write_text(json.dumps(run))
    with pytest.raises(LinksimError, match="is not known; run the same command again"):
        read_per_picture(tmp_path / "s")
    assert not asked


def test_older_folders_are_of_the_sets_that_are_here(tmp_path):
    Sweep("s", [SmallUnits()], "sample", [0], max_draws=2, ci_half_width=None, max_pictures=1, out=tmp_path).run()
    (tmp_path / per_picture.FILE).unlink()
    (tmp_path / "units" / "pictures.csv").unlink()
    assert set(read_per_picture(tmp_path).picture) == {"astronaut"}


def test_the_worst_and_the_best(tmp_path):
    table = sweep(tmp_path).run(progress=False).pictures
    mine = table[(table.link == "noisy") & (table.snr_db == 6) & (table.metric == "psnr")].sort_values("mean")
    worst, best = (ranked(table, "snr_db", "psnr", 6.0, 2, best=best) for best in (False, True))
    assert list(worst[worst.link == "noisy"].number) == list(mine.number[:2])
    assert list(best[best.link == "noisy"].number) == list(mine.number[::-1][:2])
    mse = ranked(table, "snr_db", "mse", 6.0, 1)
    assert (
        mse[mse.link == "noisy"]["mean"].item()
        == table[(table.link == "noisy") & (table.snr_db == 6) & (table.metric == "mse")]["mean"].max()
    )
    with pytest.raises(LinksimError, match="no metric 'lpips'"):
        ranked(table, "snr_db", "lpips", 6.0, 1)


def test_the_same_picture_twice(tmp_path, capsys):
    twice = PictureSet("twice", [*picture_set(2), *picture_set(2)])
    sweep(tmp_path, pictures=2).run(progress=False)
    result = Sweep("s", [SmallUnits()], twice, [0], max_draws=2, ci_half_width=None, out=tmp_path).run()
    assert "2 pictures are the same as others of the set" in capsys.readouterr().err
    (tmp_path / per_picture.FILE).unlink()
    pd.testing.assert_frame_equal(read_per_picture(tmp_path), result.pictures, check_dtype=False)


def test_axis_values_that_tables_round(tmp_path):
    third = 1 / 3
    assert (
        at({third: "x", 0.5: "y"}, 0.333333) == "x" and at({third: "x"}, third) == "x" and at({third: "x"}, 0.3) is None
    )
    sweep(tmp_path, pictures=2, snr_db=[third]).run(progress=False)
    (tmp_path / per_picture.FILE).unlink()
    found = read_per_picture(tmp_path)
    assert set(found.link) == {"noisy", "best", "low", "high"} and set(found.snr_db) == {0.333333}


def test_intervals_lie_end_to_end():
    assert way({(0, 2), (2, 4), (2, 8), (4, 6)}, 0, 6) == [(0, 2), (2, 4), (4, 6)]
    assert way({(0, 2), (3, 4)}, 0, 4) is None and way(set(), 0, 2) is None
