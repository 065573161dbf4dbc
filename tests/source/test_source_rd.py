"""The budget, the ladder of qualities, and the cache that makes a second sweep encode nothing."""

import math
import os
import re
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.source import Bpg, Jpeg, Jpeg2000, RdCurves, RdPoint, RdPoints, SourceCodec, Tiled, as_curves, rd, warm

CODECS = [Bpg, Jpeg, Jpeg2000]


@pytest.fixture
def frozen(monkeypatch):
    """Call it, and any encoding or decoding from then on is a failure."""

    def freeze():
        def fail(self, *args):
            raise AssertionError("a warm cache must not code anything")

        for codec in CODECS:
            monkeypatch.setattr(codec, "encode_at", fail)
            monkeypatch.setattr(codec, "decode", fail)

    return freeze


@pytest.mark.parametrize("codec", CODECS)
def test_points_are_what_the_codec_really_does(codec, crop):
    """Bytes are those of the stream, MSE that of the decoded uint8 picture."""
    picture, codec = crop(32, 40), codec()
    points = RdCurves(codec).points(picture)
    assert points.quality.tolist() == list(codec.qualities)
    for i in range(0, len(points), 17):
        stream = codec.encode_at(picture, points[i].quality)
        error = np.mean((codec.decode(stream).astype(float) - picture) ** 2)
        assert points[i].num_bytes == len(stream) and points[i].mse == pytest.approx(error, rel=1e-12)
        assert points[i].psnr == pytest.approx(points.psnr[i]) == pytest.approx(10 * math.log10(255**2 / error))


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("size", [(32, 32), (5, 40)])
def test_a_stream_never_exceeds_its_budget_and_no_fitting_one_is_better(codec, size, crop, psnr):
    picture, codec = crop(*size), RdCurves(codec())
    points = codec.points(picture)
    for budget in [*range(0, 1200, 29), *points.num_bytes[::11], 10**9]:
        best = codec.best_within(picture, budget)
        if best is None:
            assert budget < points.num_bytes.min()
            with pytest.raises(LinksimError, match=f"smallest stream has {points.num_bytes.min()}"):
                codec.encode(picture, budget)
            continue
        stream = codec.encode(picture, budget)
        assert len(stream) == best.num_bytes <= budget
        assert psnr(codec.decode(stream), picture) == pytest.approx(best.psnr)
        assert best.mse == points.mse[points.num_bytes <= budget].min()


def test_the_best_point_wins_where_more_bytes_are_worse():
    """And of two equally good ones the shorter; nothing that fits is None."""
    points = RdPoints(np.arange(4), np.array([40, 30, 25, 20]), np.array([9.0, 4.0, 4.0, 16.0]))
    assert points.best_within(100) == RdPoint(2, 25, 4.0)
    assert points.best_within(24) == RdPoint(3, 20, 16.0)
    assert points.best_within(19) is None
    assert RdPoint(0, 1, 0.0).psnr == 100.0  # as everywhere in linksim, so that means stay finite


@pytest.mark.slow
def test_bpg_is_monotone_on_a_photograph(photo):
    """Every step of QP costs bytes and brings quality (on small pictures it need not)."""
    points = RdCurves(Bpg(preset="medium")).points(photo)
    assert (np.diff(points.num_bytes) < 0).all() and (np.diff(points.mse) > 0).all()


def test_rungs_of_jpeg_2000_are_close(crop):
    """In the range that is used, 0.1 to 3 bits per pixel, neighbours differ by less than 12 % of the bytes."""
    num_bytes = RdCurves(Jpeg2000()).points(crop(160, 160)).num_bytes
    used = num_bytes[(num_bytes > 160 * 160 // 80) & (num_bytes < 160 * 160 * 3 // 8)]
    assert len(used) > 30 and (used[:-1] / used[1:]).max() < 1.12


@pytest.mark.parametrize("codec", CODECS)
def test_a_warm_cache_codes_nothing(codec, crop, frozen):
    picture = crop(24, 24)
    cold, again = RdCurves(codec()), RdCurves(codec())
    points, stream = cold.points(picture), cold.encode(picture, 600)
    frozen()
    assert np.array_equal(again.points(picture).mse, points.mse)
    assert again.best_within(picture, 600).num_bytes == len(stream)
    assert again.encode(picture, 600) == stream
    assert warm(again, [picture, picture], workers=1) == 0


def test_pixels_shape_and_options_tell_entries_apart(crop):
    picture = crop(12, 8)
    paths = {
        rd.cache_file(codec, pixels)
        for codec in (Jpeg(), Bpg(), Bpg("420"))
        for pixels in (picture, picture.reshape(8, 12, 3), picture ^ 1)
    }
    assert len(paths) == 9


@pytest.mark.parametrize("where", ["magic", "table", "end", "empty"])
def test_a_damaged_cache_file_is_computed_again(where, crop):
    picture, codec = crop(16, 16), RdCurves(Jpeg())
    points = codec.points(picture)
    path = codec.cache_file(picture)
    whole = path.read_bytes()
    broken = bytearray(whole)
    if where in ("magic", "table"):
        broken[3 if where == "magic" else 300] ^= 1
    path.write_bytes({"end": whole[:-1], "empty": b""}.get(where, bytes(broken)))
    assert not codec.is_cached(picture)
    assert codec.stream(picture, 50) == codec.codec.encode_at(picture, 50)
    assert np.array_equal(codec.points(picture).mse, points.mse)
    assert path.read_bytes() == whole


def test_a_damaged_stream_in_the_cache_is_never_used(crop):
    picture, codec = crop(16, 16), RdCurves(Jpeg())
    codec.points(picture)
    path = codec.cache_file(picture)
    whole = path.read_bytes()
    path.write_bytes(whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:])
    assert codec.stream(picture, 1) == codec.codec.encode_at(picture, 1)
    codec.points(picture)
    assert path.read_bytes() == whole


def test_without_a_writable_cache_all_works_with_one_warning(crop, tmp_path, monkeypatch):
    """Here the cache folder cannot exist, because a file stands in its way; the search is not repeated."""
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(rd, "_warned", False)
    picture, codec = crop(16, 16), RdCurves(Jpeg())
    with pytest.warns(UserWarning, match="LINKSIM_CACHE") as caught:
        stream = codec.encode(picture, 500)
        assert warm(codec, [picture]) == 0
    assert len(caught) == 1 and len(stream) <= 500
    calls = []
    encode_at = Jpeg.encode_at
    monkeypatch.setattr(Jpeg, "encode_at", lambda self, *args: calls.append(1) or encode_at(self, *args))
    assert codec.encode(picture, 500) == stream
    assert len(calls) == 1


def test_many_writers_of_one_picture_leave_one_whole_file(crop, cache):
    picture, codec = crop(16, 16), RdCurves(Jpeg())
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: codec.points(picture).num_bytes.tolist(), range(8)))
    assert all(result == results[0] for result in results)
    assert [path for path in cache.rglob("*") if path.is_file()] == [codec.cache_file(picture)]


def test_warm_fills_the_cache_in_processes(crop, frozen):
    """Pictures that come twice or are there already are not counted."""
    pictures = [crop(16, width) for width in (8, 9, 10, 11, 8)]
    codec = RdCurves(Jpeg())
    codec.points(pictures[1])
    steps = []
    assert warm(codec, pictures, workers=2, progress=lambda done, total: steps.append((done, total))) == 3
    assert steps == [(1, 3), (2, 3), (3, 3)]
    frozen()
    for picture in pictures:
        codec.stream(picture, codec.best_within(picture, 10_000).quality)


_PIPED = """
import numpy as np
from linksim.source import Jpeg, warm
print(warm(Jpeg(), [np.full((8, 8, 3), grey, np.uint8) for grey in (10, 20)], workers=2))
"""


def test_warm_works_in_a_program_that_comes_through_a_pipe():
    """`python -` has no script that other processes could load."""
    run = subprocess.run([sys.executable, "-"], input=_PIPED, capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("2\n", "")


def test_bad_workers_are_refused():
    with pytest.raises(LinksimError, match="workers"):
        warm(Jpeg(), [], workers=0)


@pytest.mark.parametrize(
    "picture",
    [
        None,
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 3), np.float32),
    ],
)
def test_what_is_no_picture_is_refused(picture):
    for codec in CODECS:
        with pytest.raises(LinksimError, match="uint8"):
            RdCurves(codec()).points(picture)


def test_a_quality_beyond_the_ladder_is_refused(crop):
    for codec in CODECS:
        for quality in (-1, 104, 52.5):
            with pytest.raises(LinksimError, match="no quality"):
                RdCurves(codec()).stream(crop(8, 8), quality)


def test_a_view_is_as_good_as_a_copy(photo):
    view = photo[::5, 20:90:4]
    assert np.array_equal(RdCurves(Jpeg()).points(view).mse, RdCurves(Jpeg()).points(view.copy()).mse)


def test_no_warning_on_the_usual_path(crop):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        RdCurves(Jpeg()).encode(crop(8, 8), 1000)
    assert os.environ["LINKSIM_CACHE"] in str(rd.folder())


def test_curves_wrap_codecs_and_pass_curves(crop):
    codec = Jpeg()
    assert as_curves(codec).codec is codec
    curves, tiled = RdCurves(codec), Tiled(codec, [crop(8, 8)])
    assert as_curves(curves) is curves and as_curves(tiled) is tiled
    with pytest.raises(LinksimError, match="no source codec"):
        as_curves("BPG")


def test_curves_are_identified_by_their_codec():
    assert RdCurves(Jpeg()).fingerprint() == RdCurves(Jpeg()).fingerprint()
    codecs: list[SourceCodec] = [Jpeg(), Jpeg2000(), Bpg(), Bpg("420")]
    assert len({RdCurves(codec).fingerprint() for codec in codecs}) == 4


@pytest.mark.parametrize("workers", [1, 2])
def test_warm_names_the_picture_that_a_codec_refuses(workers):
    pictures = [np.zeros((1, width, 3), np.uint8) for width in (8, 70_000)]
    with pytest.raises(LinksimError, match="picture 'long': JPEG"):
        RdCurves(Jpeg()).warm(pictures, workers, names=["short", "long"])


def test_a_codec_of_ones_own_that_fails_is_one_line(crop):
    """With its place; a fault in one of linksim's own is shown whole."""

    class Mine(Jpeg):
        name = "mine"

        def decode(self, data, max_pixels=0):
            return [][1]

    class Other(Mine):
        def encode_at(self, picture, quality):
            raise OSError("no such\nprogram")

    line = Mine.decode.__code__.co_firstlineno + 1
    with pytest.raises(
        LinksimError, match=rf"^{re.escape(__file__)}, line {line}, in decode of mine: IndexError: list"
    ):
        RdCurves(Mine()).points(crop(16, 16))
    with pytest.raises(LinksimError, match="in encode_at of mine: OSError: no such program; mend the function$"):
        RdCurves(Other()).stream(crop(16, 16), 80)
