"""Which numbers make sense as an SNR."""

import pytest

from linksim.errors import LinksimError
from linksim.montecarlo.values import MAX_SNR_DB, check_snr_db, clean_snrs


def test_snrs_within_single_precision():
    assert check_snr_db(-MAX_SNR_DB) == -200.0 and check_snr_db(12.5) == 12.5
    for bad in (float("nan"), float("inf")):
        with pytest.raises(LinksimError, match="not a finite number"):
            check_snr_db(bad)
    for bad in (200.1, -5000.0):
        with pytest.raises(LinksimError, match="out of range; give values from -200 to 200 dB"):
            check_snr_db(bad)


def test_snrs_are_ascending_and_each_once():
    assert clean_snrs([3, -0.0, 0.0, 1]) == (0.0, 1.0, 3.0)
    for bad in ([], ["ten"], [10**400], 5, [None]):
        with pytest.raises(LinksimError):
            clean_snrs(bad)
