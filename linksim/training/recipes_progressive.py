"""The models of Kurka and Gündüz (2019): three schemes of successive refinement on CIFAR-10."""

from __future__ import annotations

from dataclasses import replace

from linksim.training.recipe import Recipe

_LAYER = 8  # real channels: k_i/n = 1/12
_NEIGHBOUR = {7: 13, 19: 13, 4: 7, 1: 4}
_FIRST = 13
"""The SNR that is trained first; the others start from a neighbour."""

_SCHEDULE = {"learning_rate": 2e-3, "final_learning_rate": 0.0, "decay": 0.4, "averaging": 0.999}
_NEXT = {"steps": 1_000, "learning_rate": 1e-3, "decay": 0.8, "analytic_start": False}
"""What a model takes that starts from its neighbour."""


def _snrs(first: Recipe, steps: int = _NEXT["steps"]) -> list[Recipe]:
    """A recipe for every training SNR of the figures, from that for the first."""
    stem = first.name.removesuffix(str(_FIRST))
    others = [
        replace(first, name=f"{stem}{snr}", snr_db=float(snr), warm_start=f"{stem}{other}", **{**_NEXT, "steps": steps})
        for snr, other in _NEIGHBOUR.items()
    ]
    return [first, *others]


def _layers(
    common: Recipe, codec: str, layers: int, steps: int, start: str | None = None, channel: str = "awgn"
) -> Recipe:
    """`layers` layers of 1/12 each at 13 dB, from another model or from the best linear code."""
    return replace(
        common,
        name=f"{codec}/cifar10-{channel}-{layers}x1_12-snr{_FIRST}",
        codec=codec,
        options={"layer_channels": (_LAYER,) * layers},
        snr_db=float(_FIRST),
        channel=channel,
        steps=steps,
        warm_start=start,
        analytic_start=start is None,
        **_SCHEDULE,
    )


def _adaptive(common: Recipe) -> list[Recipe]:
    """Beyond the paper: one model for every SNR and number of layers, and models for one SNR and rate beside it."""
    network = {"filters": 64, "blocks": 4}
    one = replace(
        common,
        name="adaptive/cifar10-awgn-6x1_24",
        codec="adaptive",
        options={"layer_channels": (4,) * 6, **network},
        snr_db=(0.0, 25.0),
        loss="psnr",
        steps=24_000,
        batch_size=128,
        **_SCHEDULE,
    )
    special = [
        replace(
            one,
            name=f"adaptive/cifar10-awgn-1x{rate}-snr7",
            options={"layer_channels": (channels,), **network},
            snr_db=7.0,
            warm_start=one.name,
            **_NEXT,
        )
        for rate, channels in (("1_24", 4), ("1_12", 8), ("1_8", 12), ("1_6", 16), ("5_24", 20), ("1_4", 24))
    ]
    return [one, *special]


def progressive(common: Recipe) -> list[Recipe]:
    """Multiple decoders, residual transmission and single decoder.

    Parameters
    ----------
    common : Recipe
        What the small networks on CIFAR-10 share.
    """
    recipes = []
    two = "multiple-decoders/cifar10-awgn-2x1_12-snr13"
    for codec, layers, first, then in [
        ("multiple-decoders", 2, 32_000, 14_000),
        ("multiple-decoders", 5, 32_000, 14_000),
        ("single-decoder", 2, 32_000, 20_000),
    ]:
        recipes += _snrs(_layers(common, codec, layers, first), then)

    recipes += _snrs(_layers(common, "multiple-decoders", 2, 14_000, two, channel="rayleigh-slow"), 4_000)

    # Fig. 3d: more layers beside the same first two.
    recipes += [_layers(common, "multiple-decoders", n, steps, two) for n, steps in ((3, 12_000), (4, 12_000))]

    # The second layer of the residual scheme, behind the single-layer model as its first.
    for snr in (_FIRST, *_NEIGHBOUR):
        start = f"deepjscc/cifar10-1_12-snr{snr}"
        name = f"residual/cifar10-awgn-2x1_12-snr{snr}"
        second = replace(_layers(common, "residual", 2, 10_000, start), name=name, snr_db=float(snr))
        recipes.append(replace(second, analytic_start=True))

    recipes += _adaptive(common)

    # Larger pictures, less bandwidth: five layers of 1/48 for photographs.
    recipes.append(
        replace(
            _layers(common, "multiple-decoders", 5, 1_000, "multiple-decoders/cifar10-awgn-5x1_12-snr13"),
            name="multiple-decoders/photos-awgn-5x1_48-snr13",
            options={"layer_channels": (2,) * 5},
            data="photos",
            crop=64,
            batch_size=16,
        )
    )
    return recipes
