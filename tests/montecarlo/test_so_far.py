"""What can be looked at before a run is finished."""

import pytest
from harness_fakes import Best, CliffLink, NoisyLink, picture_set

from linksim.errors import LinksimError
from linksim.links.base import Link
from linksim.montecarlo import Sweep, so_far
from linksim.report import Curves, draw, read


class Breaks(NoisyLink):
    """Fails at 10 dB."""

    def __init__(self, name: str, error: type[BaseException]):
        super().__init__(name)
        self.error = error

    def transmit(self, pictures, snr_db, draws, seed=0):
        if snr_db == 10:
            raise self.error("stopped here")
        return super().transmit(pictures, snr_db, draws, seed)


def sweep(folder, *links: Link, **change) -> Sweep:
    how = {"pictures": picture_set(2), "snr_db": [0, 5, 10], "max_draws": 8, "out": folder / "s", **change}
    return Sweep("s", list(links), **how)


@pytest.mark.parametrize("error", [KeyboardInterrupt, LinksimError])
def test_a_run_that_stops_leaves_its_finished_points(tmp_path, capsys, error):
    with pytest.raises(error):
        sweep(tmp_path, NoisyLink("first"), Breaks("second", error)).run(progress=None)
    there = read(tmp_path / "s")
    assert "is not finished" in capsys.readouterr().err
    found = there.rows.table.query("metric == 'psnr'")[["link", "snr_db"]].to_numpy().tolist()
    assert found == [["first", 0], ["first", 5], ["first", 10], ["second", 0], ["second", 5]]
    (drawn,) = draw(there, [Curves()])
    assert drawn == tmp_path / "s" / "so-far" / "curve.png"
    # Its numbers are those of the run that went on to the end, which takes them away.
    whole = sweep(tmp_path, NoisyLink("first"), NoisyLink("second")).run()
    assert not (tmp_path / "s" / "so-far").exists()
    both = there.rows.table.merge(whole.table, on=["link", "snr_db", "metric"])
    first = both[both["link"] == "first"]
    assert len(first) == 6 and first["mean_x"].to_numpy() == pytest.approx(first["mean_y"].to_numpy(), abs=1e-5)


def test_an_envelope_is_there_where_all_its_members_are(tmp_path):
    members = [CliffLink("a"), Breaks("b", KeyboardInterrupt)]
    with pytest.raises(KeyboardInterrupt):
        sweep(tmp_path, Best(members)).run()
    table = read(tmp_path / "s").rows.table.query("metric == 'psnr'").groupby("link")["snr_db"].apply(list)
    assert table.to_dict() == {"best": [0, 5], "a": [0, 5, 10], "b": [0, 5]}


def test_what_others_left_there_is_left_alone(tmp_path):
    """A file, a link to another result, a result of a sweep of that name: a run goes on without its folder."""
    other = sweep(tmp_path / "other", NoisyLink("first")).run().setup.folder
    curve = (other / "curve.csv").read_bytes()
    for number, make in enumerate((
        lambda at: at.write_text("mine"), lambda at: at.symlink_to(other), lambda at: other.rename(at),
    )):  # fmt: skip
        folder = tmp_path / str(number) / "s"
        folder.mkdir(parents=True)
        make(folder / "so-far")
        sweep(tmp_path / str(number), NoisyLink("second")).run()
        found = folder / "so-far"
        assert found.read_text() == "mine" if found.is_file() else (found / "curve.csv").read_bytes() == curve
        assert (folder / "curve.csv").is_file()


def test_an_unfinished_run_can_be_compared_and_looked_into(tmp_path):
    from linksim import compare
    from linksim.montecarlo.per_picture import read_per_picture

    for run in "ab":
        with pytest.raises(KeyboardInterrupt):
            sweep(tmp_path / run, NoisyLink("first"), Breaks("second", KeyboardInterrupt)).run()
    found = compare(tmp_path / "a" / "s", tmp_path / "b" / "s")
    assert set(found.table["how"]) == {"same"} and not found.provenance
    assert set(read_per_picture(tmp_path / "a" / "s")["link"]) == {"first", "second"}


def test_it_is_written_now_and_then(tmp_path, monkeypatch, capsys):
    """After the first point, and every half minute; a user is told once where it is."""
    now, seen = [0.0], []
    monkeypatch.setattr(so_far.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(so_far.Result, "save_table", lambda result: seen.append(len(result.points)))

    class Slow(NoisyLink):
        def transmit(self, *arguments):
            now[0] += 11
            return super().transmit(*arguments)

    sweep(tmp_path, Slow("slow"), snr_db=range(6), max_draws=2, ci_half_width=None).run()
    assert seen == [1, 4, 6], "the last one is that of the whole"
    assert capsys.readouterr().err.count("what there is so far: linksim show") == 1
