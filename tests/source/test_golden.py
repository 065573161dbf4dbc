"""Bytes and sizes of a fixed picture, pinned to the VERSION of each codec.

Streams follow from the libraries too, whose versions are in the fingerprints. What is pinned here does not
depend on them: the containers by bytes, sizes and PSNR within what another build of an encoder changes.
"""

import numpy as np
import pytest

from linksim.source import Bpg, Jpeg, Jpeg2000, RdCurves, RdPoints, Tiled, bpg, curves, jpeg, jpeg2000, tiled
from linksim.source.bpg_container import BpgFile
from linksim.source.colour import planes_to_rgb, rgb_to_planes
from linksim.source.hevc import CodingTools

BPG = bytes.fromhex(
    "425047fb6000110d0002ab744401c17181120000012801afe0e58d4a1ae12a09acfc46830a22f34eb51eb21f41d9e2d24f71"
    "ce2ac76314c4ed8a5e4eca97cfb1fbd69bc608271b9929e38e2f8b451e47a48fa2f59538c7fb6f26d349d051ab57c13471d7"
    "8400b3d4494d797f5588"
)
"""A picture of 13x17 that was coded when this was written."""


def picture() -> np.ndarray:
    """A smooth picture with edges, uint8 [48, 64, 3]."""
    i, j, c = np.mgrid[0:48, 0:64, 0:3]
    return np.rint(127 + 70 * np.sin(0.2 * i + 0.1 * j * (c + 1)) + 50 * np.sign(np.sin(0.35 * j))).astype(np.uint8)


@pytest.mark.parametrize(
    "name, codec, module, qualities",
    [
        ("bpg", Bpg(), bpg, (16, 28, 40)),
        ("bpg-420", Bpg("420"), bpg, (28,)),
        ("bpg-ycgco", Bpg(colour="ycgco"), bpg, (16, 28, 40)),
        ("jpeg", Jpeg(), jpeg, (95, 60, 20)),
        ("jpeg2000", Jpeg2000(), jpeg2000, (20, 40, 60)),
    ],
)
def test_golden_sizes_and_quality(golden, name, codec, module, qualities):
    """2 % leaves room for another version of an encoder, and none for another option of ours."""
    made = RdCurves(codec)
    rows = []
    for quality in qualities:
        stream = codec.encode_at(picture(), quality)
        error = np.mean((made.decode(stream).astype(float) - picture()) ** 2)
        rows.append([len(stream), 10 * np.log10(255**2 / error)])
    golden.check(f"source-{name}", module.VERSION, rows, _where(module), rtol=0.02)


def test_golden_pixels_of_a_stored_stream(golden):
    """HEVC is exact and the colours are ours: what was measured years ago is what is shown today."""
    golden.check("source-bpg-pixels", bpg.VERSION, Bpg().decode(BPG), _where(bpg))


@pytest.mark.parametrize(
    "name, chroma, bit_depth, space",
    [("420", "420", 8, "bt601"), ("444", "444", 10, "bt601"), ("ycgco", "444", 8, "ycgco")],
)
def test_golden_colours(golden, name, chroma, bit_depth, space):
    """RGB to planes and back, filters of chroma included, in integers."""
    small = np.ascontiguousarray(picture()[:13, :17])
    planes = rgb_to_planes(small, chroma, bit_depth, space)
    back = planes_to_rgb(planes, 13, 17, chroma, bit_depth, space)
    output = np.concatenate([np.concatenate([plane.ravel() for plane in planes]).astype(int), back.ravel()])
    golden.check(f"source-colours-{name}", bpg.VERSION, output, _where(bpg))


def test_golden_bpg_container(golden):
    """The header is ours, byte for byte."""
    tools = CodingTools.from_bpg(bytes.fromhex("ab74"))
    files = [
        BpgFile(48, 64, "444", 8, "bt601", False, tools, [b"\x44\x01", b"\x26\x01"]),
        BpgFile(300, 20_000, "420", 10, "ycgco", True, tools, [b"\x44\x01", b"\x26\x01"]),
    ]
    golden.check("source-bpg-container", bpg.VERSION, [f.to_bytes().hex() for f in files], _where(bpg))


def test_golden_choice_within_a_budget(golden):
    """On points whose bytes and errors do not fall and rise together, some equally good, as on small pictures."""
    index = np.arange(40)
    points = RdPoints(index, 900 - 20 * index + 60 * (index % 3), (1.0 + index // 3) ** 2)
    chosen = [best.quality if (best := points.best_within(budget)) else -1 for budget in range(0, 1100, 23)]
    golden.check("source-choice", curves.VERSION, chosen, "linksim/source/curves.py")


def test_golden_shares_of_a_mosaic(golden):
    tiles = [np.ascontiguousarray(picture()[:, 16 * i : 16 * (i + 1)]) for i in range(4)]
    points = Tiled(Bpg(preset="ultrafast"), tiles, side=2).points(tiles[2])
    rows = [[points.num_bytes[q], points.mse[q], points.mosaic_mse[q]] for q in (20, 35)]
    golden.check("source-tiled", tiled.VERSION, rows, _where(tiled), rtol=0.02)


def _where(module) -> str:
    return f"linksim/source/{module.__name__.rpartition('.')[2]}.py"
