"""Links that need nothing but NumPy, for the tests of the harness."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence

import numpy as np

from linksim.images.picture import Picture, PictureSet
from linksim.links.base import Bandwidth, Envelope, Link, MemberPoint, Outcomes, Reception


def picture_set(num: int = 3, size: tuple[int, int] = (16, 24)) -> PictureSet:
    """Some noise pictures, the same ones every time."""
    rng = np.random.default_rng(7)
    return PictureSet("fake", [Picture(f"p{i}", rng.integers(40, 215, (*size, 3), np.uint8)) for i in range(num)])


def _rng(*what: object) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:8], "little"))


class FakeLink(Link):
    """Shared by the fakes: a name and a fingerprint of all parameters."""

    def __init__(self, name: str, version: int = 1):
        self.name = name
        self.version = version

    def fingerprint(self) -> str:
        what = {k: v for k, v in vars(self).items() if k not in ("name", "pause_s")}
        return hashlib.sha256(repr((type(self).__name__, sorted(what.items()))).encode()).hexdigest()


class NoisyLink(FakeLink):
    """Analog: every draw is a reconstruction of its own, better with the SNR; fading moves all of it."""

    def __init__(self, name: str = "noisy", spread: float = 0.2, version: int = 1, pause_s: float = 0.0):
        super().__init__(name, version)
        self.spread = spread
        self.pause_s = pause_s

    def transmit(self, pictures: Sequence[Picture], snr_db: float, draws: range, seed: int = 0) -> Reception:
        time.sleep(self.pause_s)
        outcomes = []
        for i, p in enumerate(pictures):
            pixels = []
            for d in draws:
                rng = _rng(p.sha256, d, seed)
                sigma = 40 * 10 ** (-snr_db / 20) * np.exp(self.spread * rng.normal())
                pixels.append(np.clip(np.rint(p.pixels + sigma * rng.normal(size=p.pixels.shape)), 0, 255))
            n = len(draws)
            outcomes.append(Outcomes(np.full(n, i), np.ones(n, int), np.ones(n, bool), np.array(pixels, np.uint8)))
        return Reception([outcomes], [[Bandwidth(p.pixels.size // 12) for p in pictures]])


class CliffLink(FakeLink):
    """Digital: decoded (a little noise) or grey, with a failure rate that falls from 1 to 0."""

    def __init__(self, name: str = "cliff", threshold_db: float = 5.0, sigma: int = 4, version: int = 1):
        super().__init__(name, version)
        self.threshold_db = threshold_db
        self.sigma = sigma

    def failure_rate(self, snr_db: float) -> float:
        return float(1 / (1 + np.exp(3 * (snr_db - self.threshold_db))))

    def transmit(self, pictures: Sequence[Picture], snr_db: float, draws: range, seed: int = 0) -> Reception:
        rate = self.failure_rate(snr_db)
        outcomes = []
        for i, p in enumerate(pictures):
            lost = sum(_rng(p.sha256, d, seed).random() < rate for d in draws)
            kinds = [(len(draws) - lost, True), (lost, False)]
            kinds = [(c, ok) for c, ok in kinds if c]
            outcomes.append(
                Outcomes(
                    np.full(len(kinds), i),
                    np.array([c for c, _ in kinds]),
                    np.array([ok for _, ok in kinds]),
                    lambda p=p, kinds=kinds: np.stack([self.shown(p, ok) for _, ok in kinds]),
                    [f"sigma{self.sigma}" if ok else "grey" for _, ok in kinds],
                )
            )
        return Reception([outcomes], [[Bandwidth(p.pixels.size // 12) for p in pictures]])

    def shown(self, p: Picture, delivered: bool) -> np.ndarray:
        if not delivered:
            return np.full_like(p.pixels, 128)
        noise = _rng(p.sha256, "codec").normal(size=p.pixels.shape) * self.sigma
        return np.clip(np.rint(p.pixels + noise), 0, 255).astype(np.uint8)


class Best(Envelope):
    """The member with the best mean PSNR."""

    def __init__(self, members: Sequence[Link], name: str = "best"):
        self.members = list(members)
        self.name = name

    def choose(self, points: Sequence[MemberPoint]) -> int:
        return int(np.argmax([p.psnr for p in points]))
