"""Facts about mosaics: shares, crops, and what is refused."""

import pickle

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.source import Bpg, Jpeg, RdCurves, Tiled, rd, warm
from linksim.source.bpg_container import parse


@pytest.fixture(scope="module")
def tiles(photo):
    """Ten neighbouring 16x16 crops of a photograph."""
    return [np.ascontiguousarray(photo[64:80, 16 * i : 16 * (i + 1)]) for i in range(10)]


def bpg() -> Bpg:
    """A fast one, whose coding tools take a byte less than the 3 of the usual one."""
    return Bpg(preset="ultrafast")


HEADER = 12


def test_a_mosaic_of_one_picture_is_that_picture_without_its_header(tiles):
    codec, picture = bpg(), tiles[0]
    alone, tiled = RdCurves(codec).points(picture), Tiled(codec, tiles, side=1).points(picture)
    np.testing.assert_array_equal(tiled.num_bytes, alone.num_bytes - HEADER)
    np.testing.assert_array_equal(tiled.mse, alone.mse)
    np.testing.assert_array_equal(tiled.mosaic_mse, alone.mse)


def test_the_header_of_bpg_is_all_before_the_hevc_picture(crop):
    """Sides of 128 and more take one byte more each."""
    for size, header in (((16, 16), 12), ((16, 128), 13), ((128, 130), 14)):
        data = bpg().encode_at(crop(*size), 40)
        assert bpg().header_bytes(data) == header
        assert data[header:] == b"\0\0\1".join(parse(data, 1 << 20).nal_units)
    assert Bpg().header_bytes(Bpg().encode_at(crop(32, 32), 40)) == 13
    assert Jpeg().header_bytes(Jpeg().encode_at(crop(16, 16), 50)) == 0


def test_shares_add_up_to_the_bytes_of_the_mosaics(tiles):
    """Four, four and two pictures: the last mosaic is one row and has no empty place."""
    codec, tiled = RdCurves(bpg()), Tiled(bpg(), tiles, side=2)
    total = sum(tiled.points(tile).num_bytes for tile in tiles)
    rows = [np.concatenate(tiles[i : i + 2], axis=1) for i in range(0, 10, 2)]
    mosaics = [np.concatenate(rows[0:2]), np.concatenate(rows[2:4]), rows[4]]
    np.testing.assert_allclose(total, sum(codec.points(m).num_bytes - HEADER for m in mosaics))
    assert isinstance(tiled.points(tiles[0])[0].num_bytes, float)
    assert isinstance(codec.points(tiles[0])[0].num_bytes, int)


@pytest.mark.parametrize("side", [1, 2, 3, 4])
def test_every_picture_comes_back_from_its_own_place(tiles, side):
    """Also where the last mosaic has empty places (side 3: one picture of nine), and its errors are those shown."""
    tiled = Tiled(bpg(), tiles, side)
    for tile in tiles:
        shown = tiled.reconstruction(tile, 10)
        errors = [np.mean((shown.astype(float) - other) ** 2) for other in tiles]
        assert errors.index(min(errors)) == next(i for i, other in enumerate(tiles) if other is tile)
        assert tiled.points(tile).mse[10] == pytest.approx(min(errors))


def test_empty_places_are_grey_and_cut_away(tiles):
    """Seven pictures, three a row: two places of the third row stay empty."""
    tiled = Tiled(bpg(), tiles[:7], side=3)
    mosaic = tiled._mosaic(0)
    assert mosaic.shape == (48, 48, 3) and np.all(mosaic[32:, 16:] == 128)
    np.testing.assert_array_equal(tiled._cut(0, mosaic), np.stack(tiles[:7]))
    oblong = [tile[:, :12].copy() for tile in tiles[:5]]
    tiled = Tiled(bpg(), oblong, side=4)
    assert tiled._mosaic(0).shape == (32, 48, 3)
    np.testing.assert_array_equal(tiled._cut(0, tiled._mosaic(0)), np.stack(oblong))


def test_all_pictures_of_a_mosaic_get_one_quality(tiles):
    tiled = Tiled(bpg(), tiles, side=4)
    for budget in (0, 3, 20, 60.5, 150, 10**6):
        chosen = {tiled.best_within(tile, budget) and tiled.best_within(tile, budget).quality for tile in tiles}
        assert len(chosen) == 1
        if budget == 0:
            assert chosen == {None}
        for tile in tiles:
            best = tiled.best_within(tile, budget)
            assert best is None or best.num_bytes <= budget


def test_at_equal_rate_mosaics_are_better_than_pictures_one_by_one(tiles):
    """On the mean of the set, which is what is drawn."""
    codec, tiled = RdCurves(bpg()), Tiled(bpg(), tiles, side=4)
    for budget in (70, 120, 250):
        mse = [np.mean([c.best_within(tile, budget).mse for tile in tiles]) for c in (codec, tiled)]
        assert mse[1] < mse[0]


def test_results_follow_the_set(tiles):
    """Its pictures and their order count, and who is asked about first does not."""
    tiled = Tiled(bpg(), tiles, side=2)
    assert tiled.fingerprint() == Tiled(bpg(), [t.copy() for t in tiles], side=2).fingerprint()
    others = [Tiled(bpg(), tiles[::-1], 2), Tiled(bpg(), tiles[:9], 2), Tiled(bpg(), tiles, 3), Tiled(Jpeg(), tiles, 2)]
    assert len({tiled.fingerprint(), bpg().fingerprint(), *(other.fingerprint() for other in others)}) == 6
    last_first = Tiled(bpg(), tiles, side=2)
    points = [last_first.points(tile).mse for tile in tiles[::-1]][::-1]
    np.testing.assert_array_equal(points, [tiled.points(tile).mse for tile in tiles])


def test_a_picture_that_comes_twice_is_seen_where_it_comes_first(tiles):
    twice = Tiled(bpg(), [*tiles[:4], tiles[0]], side=2)
    once = Tiled(bpg(), tiles[:4], side=2)
    np.testing.assert_array_equal(twice.points(tiles[0]).num_bytes, once.points(tiles[0]).num_bytes)


def test_points_are_kept_on_disk_once_a_mosaic(tiles, monkeypatch):
    """Warmed in one step a mosaic, and found again by another set that begins alike, or in another process."""
    tiled = Tiled(bpg(), tiles, side=2)
    assert warm(tiled, tiles, workers=1) == 3
    points = tiled.points(tiles[5])

    def fail(self, *args):
        raise AssertionError("a warm cache must not code anything")

    monkeypatch.setattr(Bpg, "encode_at", fail)
    monkeypatch.setattr(Bpg, "decode", fail)
    for again in (pickle.loads(pickle.dumps(tiled)), Tiled(bpg(), tiles[:8], side=2)):
        assert warm(again, tiles[:8], workers=1) == 0
        np.testing.assert_array_equal(again.points(tiles[5]).mse, points.mse)


def test_a_damaged_file_is_computed_again(tiles):
    points = Tiled(bpg(), tiles, side=2).points(tiles[0])
    path = Tiled(bpg(), tiles, side=2).cache_file(tiles[0])
    whole = path.read_bytes()
    for broken in (whole[:-8], b"", whole[:-1] + bytes([whole[-1] ^ 1])):
        path.write_bytes(broken)
        again = Tiled(bpg(), tiles, side=2)
        assert not again.is_cached(tiles[0])
        np.testing.assert_array_equal(again.points(tiles[0]).mse, points.mse)
        assert path.read_bytes() == whole


def test_without_a_writable_cache_it_works_with_one_warning(tiles, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(rd, "_warned", False)
    with pytest.warns(UserWarning, match="LINKSIM_CACHE") as caught:
        Tiled(bpg(), tiles[:2], side=2).points(tiles[0])
    assert len(caught) == 1


def test_there_is_no_stream_of_one_picture(tiles):
    """So it has no method that would have to refuse."""
    tiled = Tiled(bpg(), tiles)
    assert not tiled.has_streams and RdCurves(bpg()).has_streams
    assert not any(hasattr(tiled, method) for method in ("encode", "encode_at", "stream", "decode"))


def test_what_makes_no_mosaic_is_refused(tiles, crop):
    tiled = Tiled(bpg(), tiles)
    for foreign in (crop(16, 17), tiles[0] ^ 1):
        for ask in (tiled.points, tiled.cache_file, lambda picture: tiled.reconstruction(picture, 30)):
            with pytest.raises(LinksimError, match="not in the set of 10"):
                ask(foreign)
    with pytest.raises(LinksimError, match="uint8"):
        tiled.points(tiles[0].astype(float))
    with pytest.raises(LinksimError, match="no quality 52"):
        tiled.reconstruction(tiles[0], 52)
    for pictures in ([], [tiles[0], crop(16, 17)]):
        with pytest.raises(LinksimError, match="one size"):
            Tiled(bpg(), pictures)
    for side in (0, -1, 2.0):
        with pytest.raises(LinksimError, match="side="):
            Tiled(bpg(), tiles, side)
    with pytest.raises(LinksimError, match="pixels"):
        Tiled(bpg(), [np.broadcast_to(np.uint8(0), (9000, 9000, 3))])
    with pytest.raises(LinksimError, match="the codec that it wraps"):
        Tiled(tiled, tiles)
