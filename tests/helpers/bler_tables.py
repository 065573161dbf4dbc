"""A small block-error table, and a cache without packaged tables."""

import numpy as np

from linksim.phy.bler import predicted, store
from linksim.phy.bler.measure import VERSION
from linksim.phy.bler.table import BlerKey, BlerTable

KEY = BlerKey("awgn", 2, 2, 168, 512, "layered20")


def table(errors=(1000, 500, 100, 1), blocks=(1000, 1000, 1000, 1000), key=KEY):
    return BlerTable(key, np.round(np.arange(len(errors)) * 0.1, 6), np.array(errors), np.array(blocks), VERSION)


def clear():
    """Forget what was read from disk."""
    store.packaged_tables.cache_clear()
    store.packaged_digest.cache_clear()
    store.load_cached.cache_clear()
    predicted.predicted_curve.cache_clear()
    predicted._predictor.cache_clear()
