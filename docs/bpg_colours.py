"""What `Bpg(colour="ycgco")` is worth: PSNR at equal bytes against YCbCr, by bits per pixel, and encoding time.

`python docs/bpg_colours.py kodak` makes the numbers of Kodak in the docstring of `Bpg`, and
`python docs/bpg_colours.py FOLDER 24` those of the 24 most colourful pictures of a folder (Hasler and Süsstrunk 2003).
Where `bpgenc` and `bpgdec` are on PATH, `bpgenc -e jctvc` is compared, too. About eight core seconds a picture.
"""

import sys
import time

import numpy as np
from scipy.interpolate import PchipInterpolator

from linksim import images
from linksim.source import Bpg
from linksim.source.bpg_tools import BpgTools

QPS = (6, 12, 18, 22, 26, 30, 34, 38, 44, 49)
BANDS = ((0.1, 0.25), (0.25, 0.5), (0.5, 1), (1, 2), (2, 4))  # bits per pixel


def colourfulness(pixels: np.ndarray) -> float:
    """Hasler and Süsstrunk, Measuring colourfulness in natural images (2003), M3."""
    r, g, b = np.moveaxis(pixels.astype(float), -1, 0)
    rg, yb = r - g, (r + g) / 2 - b
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def curve(codec: Bpg, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Log bits per pixel, PSNR in dB, and seconds of encoding, over the QPs from coarse to fine."""
    began = time.process_time()
    streams = [codec.encode_at(pixels, qp) for qp in reversed(QPS)]
    seconds = time.process_time() - began
    mse = [np.mean((codec.decode(stream).astype(float) - pixels) ** 2) for stream in streams]
    bpp = 8 * np.array([len(stream) for stream in streams]) * 3 / pixels.size
    return np.log(bpp), 10 * np.log10(255**2 / np.array(mse)), seconds


def gains(plain: tuple[np.ndarray, np.ndarray, float], other: tuple[np.ndarray, np.ndarray, float]) -> list[float]:
    """Mean gain in dB in each band; NaN where the curves do not reach across it."""
    reach = max(plain[0][0], other[0][0]), min(plain[0][-1], other[0][-1])
    found = []
    for low, high in BANDS:
        at = np.log(np.geomspace(low, high, 9))
        at = at[(at > reach[0]) & (at < reach[1])]
        difference = PchipInterpolator(*other[:2])(at) - PchipInterpolator(*plain[:2])(at)
        found.append(float(difference.mean()) if len(at) >= 5 else np.nan)
    return found


if __name__ == "__main__":
    name, count = [*sys.argv[1:], "kodak"][0], int([*sys.argv[2:], 10**6][0])
    pictures = sorted((p.pixels for p in images.load(name)), key=colourfulness, reverse=True)[:count]
    others = {"YCgCo": Bpg(colour="ycgco")}
    if BpgTools.available():
        others["bpgenc -e jctvc"] = Bpg(engine="tools")
    plain = []
    for i, pixels in enumerate(pictures, 1):
        print(f"YCbCr: picture {i} of {len(pictures)}", file=sys.stderr)
        plain.append(curve(Bpg(), pixels))
    for what, codec in others.items():
        made = []
        for i, pixels in enumerate(pictures, 1):
            print(f"{what}: picture {i} of {len(pictures)}", file=sys.stderr)
            made.append(curve(codec, pixels))
        table = np.array([gains(*pair) for pair in zip(plain, made, strict=True)])
        print(f"{what}, {sum(m[2] for m in made) / sum(p[2] for p in plain):.2f} times the time, gain in dB:")
        for (low, high), column in zip(BANDS, table.T, strict=True):
            known = column[~np.isnan(column)]
            if len(known):
                print(f"  {low:g} to {high:g} bpp: {known.mean():+.3f} ({known.min():+.2f} to {known.max():+.2f})")
