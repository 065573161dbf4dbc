"""What the channel uses were spent on, in a table beside the curve."""

import numpy as np
import pandas as pd
import pytest

from linksim import SeparationLink, Sweep
from linksim.images import Picture, PictureSet
from linksim.phy import Awgn, get_mcs
from linksim.source import Jpeg

PICTURES = PictureSet("two", [Picture(str(n), np.full((64, 64 + n, 3), 90, np.uint8)) for n in range(2)])


def table(tmp_path, draws):
    # real bits: the table of block errors of such small code blocks would have to be measured first
    link = SeparationLink(Jpeg(), get_mcs("4-QAM 1/2"), Awgn(), cbr=1 / 2, mode="chain")
    Sweep("spent", [link], pictures=PICTURES, snr_db=[0, 20], out=tmp_path, max_draws=draws).run()
    return pd.read_csv(tmp_path / "bandwidth.csv"), pd.read_csv(tmp_path / "curve.csv")


@pytest.mark.parametrize("draws", [2, 6])
def test_items_add_up_to_the_channel_uses(tmp_path, draws):
    """Mean over the pictures, whatever the number of draws; shares add up to 1."""
    spent, curve = table(tmp_path, draws)
    assert {"picture stream", "parity", "transport-block CRC"} <= set(spent.item)
    uses = np.mean([64 * (64 + n) * 3 // 2 for n in range(2)])
    for _, rows in spent.groupby("snr_db"):
        assert rows.channel_uses.sum() == pytest.approx(uses, rel=1e-6)
        assert rows.share.sum() == pytest.approx(1, abs=1e-4)
    assert curve.cbr.to_numpy() == pytest.approx(1 / 2, abs=1e-3)


def test_the_table_is_the_same_when_nothing_is_left_to_run(tmp_path):
    table(tmp_path, 4)
    before = (tmp_path / "bandwidth.csv").read_bytes()
    (tmp_path / "bandwidth.csv").unlink()
    table(tmp_path, 4)
    assert (tmp_path / "bandwidth.csv").read_bytes() == before
