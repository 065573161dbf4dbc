"""The photographs' model at 1/48 trained on at 10 dB alone: `linksim train results/recipes/one_snr.py`."""

import dataclasses

from linksim.training import Recipe, get_recipe

general = get_recipe("deepjscc-resnet/photos-1_48")
ONE_SNR: Recipe = dataclasses.replace(
    general,
    name="photos-1_48-snr10",
    warm_start=general.name,
    snr_db=10.0,
    steps=12_000,
    learning_rate=1e-3,
    decay=0.7,
)
