"""Runs to compare, of links that need nothing but NumPy."""

from __future__ import annotations

from pathlib import Path

from harness_fakes import NoisyLink, picture_set

from linksim.links.base import Link
from linksim.montecarlo import Sweep


class Better(NoisyLink):
    """The same noise and fades as `NoisyLink`, a little less of them."""

    def transmit(self, pictures, snr_db, draws, seed=0):
        return super().transmit(pictures, snr_db + 0.05, draws, seed)


class OneGreyLevel(NoisyLink):
    """`NoisyLink` under its fingerprint, with one value of the first two reconstructions rounded the other way."""

    def fingerprint(self):
        return NoisyLink(self.name, self.spread).fingerprint()

    def transmit(self, pictures, snr_db, draws, seed=0):
        reception = super().transmit(pictures, snr_db, draws, seed)
        for p, outcomes in zip(pictures, reception.layers[0], strict=True):
            for pixels, draw in zip(outcomes.load_pixels(), draws, strict=True):
                if draw < 2:
                    shown, sent = int(pixels[0, 0, 0]), int(p.pixels[0, 0, 0])
                    pixels[0, 0, 0] = shown + 1 if shown < sent else shown - 1
        return reception


class Drifted(Better):
    """Another code under the fingerprint of `NoisyLink`."""

    def fingerprint(self):
        return NoisyLink(self.name, self.spread).fingerprint()


def run(out: Path, *links: Link, pictures: int = 6, draws: int = 16, **change):
    """A finished run of some links; `change` are further arguments of the sweep."""
    said = {"max_draws": draws, "ci_half_width": None, "snr_db": [0, 6], **change}
    return Sweep("s", list(links), picture_set(pictures), out=out, **said).run(progress=False)
