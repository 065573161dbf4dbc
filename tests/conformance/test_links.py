"""The contract of a link, for every kind of link at once."""

from itertools import pairwise, product

import numpy as np
import pytest
from link_kinds import KINDS

from linksim.images import Picture


def pictures():
    """Two sizes, and one picture that no codec of a few hundred bytes can code well."""
    i, j, c = np.mgrid[0:48, 0:64, 0:3]
    waves = np.uint8(127 + 80 * np.sin(0.2 * i + 0.1 * j * (c + 1)))
    noise = np.random.default_rng(0).integers(0, 256, (40, 70, 3), dtype=np.uint8)
    return [Picture("waves", waves), Picture("noise", noise), Picture("mirrored", waves[:, ::-1].copy())]


def outcomes_of(reception, index, layer=-1):
    """(count, delivered, pixels) of one picture, after the last layer or another."""
    found = []
    for outcomes in reception.layers[layer]:
        pixels = outcomes.load_pixels()
        for row in np.flatnonzero(outcomes.picture == index):
            found.append((int(outcomes.count[row]), bool(outcomes.delivered[row]), pixels[row].astype(int)))
    return found


@pytest.mark.parametrize("kind", KINDS)
class TestEveryLink:
    def test_counts_add_up_and_sizes_are_kept(self, kind):
        sent, link = pictures(), KINDS[kind]()
        reception = link.transmit(sent, 6.0, range(5))
        assert len(reception.layers) == len(reception.bandwidth) == link.num_layers
        for layer, (index, picture) in product(range(link.num_layers), enumerate(sent)):
            found = outcomes_of(reception, index, layer)
            assert sum(count for count, _, _ in found) == 5
            assert all(pixels.shape == picture.pixels.shape for _, _, pixels in found)

    def test_budget_is_kept_and_itemised(self, kind):
        sent = pictures()
        link = KINDS[kind]()
        layers = link.transmit(sent, 6.0, range(1)).bandwidth
        for picture, bandwidth in [pair for layer in layers for pair in zip(sent, layer, strict=True)]:
            assert sum(bandwidth.items.values()) == pytest.approx(bandwidth.channel_uses)
            assert bandwidth.channel_uses <= 0.9 * picture.pixels.size
        for before, after in pairwise(layers):
            assert all(b.channel_uses < a.channel_uses for b, a in zip(before, after, strict=True))

    def test_company_and_split_change_nothing(self, kind):
        """All pictures and draws at once, or one picture and some draws at a time: the same outcomes."""
        sent = pictures()
        link = KINDS[kind]()
        whole = link.transmit(sent, 6.0, range(6), seed=1)
        split = [link.transmit(sent[2:], 6.0, draws, seed=1) for draws in (range(2), range(2, 6))]
        for layer in range(link.num_layers):
            together = outcomes_of(whole, 2, layer)
            parts = [o for reception in split for o in outcomes_of(reception, 0, layer)]
            for delivered in (True, False):
                assert sum(c for c, d, _ in together if d == delivered) == sum(c for c, d, _ in parts if d == delivered)
            if all(count == 1 for count, _, _ in together) and len(together) == 6:
                for one, other in zip(together, parts, strict=True):
                    assert np.abs(one[2] - other[2]).max() <= 1

    def test_another_seed_is_another_channel(self, kind):
        """Over many draws near the cliffs (0.7 dB on AWGN, 2.55 dB on fast fading) two seeds differ somewhere;
        one seed repeats itself."""
        sent = pictures()[:1]
        link = KINDS[kind]()
        once, again, other = (
            [link.transmit(sent, snr_db, range(40), seed=seed) for snr_db in (0.65, 0.7, 0.75, 2.5, 2.55, 2.6)]
            for seed in (1, 1, 2)
        )

        def trace(receptions):
            return [[(c, d, p.sum()) for c, d, p in outcomes_of(r, 0)] for r in receptions]

        assert trace(once) == trace(again)
        if "capacity, awgn" not in kind:  # there, nothing is left to chance
            assert trace(once) != trace(other)

    def test_what_is_lost_is_concealed(self, kind):
        """Whatever is not delivered shows one colour, mid-grey."""
        reception = KINDS[kind]().transmit(pictures(), -15.0, range(2))
        for index in range(3):
            assert all(np.all(pixels == 128) for _, delivered, pixels in outcomes_of(reception, index) if not delivered)
