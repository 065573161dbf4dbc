"""Conventional image codecs: a picture to bytes within a budget, and back. They know no channel.

Pictures are `uint8 [H, W, 3]` arrays.

>>> codec = Bpg()
>>> data = codec.encode(picture, max_bytes=24_576)
>>> decoded = codec.decode(data)
"""

from linksim.source.base import SourceCodec
from linksim.source.bpg import Bpg
from linksim.source.jpeg import Jpeg
from linksim.source.jpeg2000 import Jpeg2000
from linksim.source.points import RdPoint, RdPoints
from linksim.source.tiled import Tiled
from linksim.source.warm import warm

__all__ = ["Bpg", "Jpeg", "Jpeg2000", "RdPoint", "RdPoints", "SourceCodec", "Tiled", "warm"]
