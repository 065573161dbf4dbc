"""Conventional image codecs: a picture to bytes within a budget, and back. They know no channel.

Pictures are `uint8 [H, W, 3]` arrays.

>>> curves = RdCurves(Bpg())
>>> data = curves.encode(picture, max_bytes=24_576)
>>> decoded = curves.decode(data)
"""

from linksim.source.base import SourceCodec
from linksim.source.bpg import Bpg
from linksim.source.curves import RateDistortion, RdCurves, as_curves, warm
from linksim.source.jpeg import Jpeg
from linksim.source.jpeg2000 import Jpeg2000
from linksim.source.learned import Compressor, Learned
from linksim.source.points import RdPoint, RdPoints
from linksim.source.tiled import Tiled

__all__ = [
    "Bpg",
    "Compressor",
    "Jpeg",
    "Jpeg2000",
    "Learned",
    "RateDistortion",
    "RdCurves",
    "RdPoint",
    "RdPoints",
    "SourceCodec",
    "Tiled",
    "as_curves",
    "warm",
]
