"""Beside the networks of the papers: more PSNR for the same arithmetic, and what needs no training at all."""

from __future__ import annotations

from dataclasses import replace

from linksim.training.recipe import Recipe

_BLOCK = {"cifar10": 32, "photos": 16}
"""Side in pixels of the blocks of the linear code: a whole picture of CIFAR-10."""

_RATES = {"cifar10": {"1_12": 12, "1_6": 6}, "photos": {"1_48": 48, "1_24": 24, "1_16": 16, "1_12": 12}}
"""n/k of each bandwidth ratio."""

_ALL_SNRS = (0.0, 20.0)

_RESNET = Recipe(
    name="",
    codec="deepjscc-resnet",
    optimizer="muon",
    learning_rate=2e-3,
    final_learning_rate=0.0,
    decay=0.3,
    averaging=0.999,
    precision="mixed_bfloat16",
)


def _linear() -> list[Recipe]:
    return [
        Recipe(
            name=f"linear/{data}-{rate}",
            codec="linear",
            options={"latent_channels": 6 * _BLOCK[data] ** 2 // per_use, "block": _BLOCK[data]},
            data=data,
            crop=None if data == "cifar10" else 64,
            snr_db=_ALL_SNRS,
            steps=0,
            analytic_start=True,
        )
        for data, rates in _RATES.items()
        for rate, per_use in rates.items()
    ]


def _cifar10() -> list[Recipe]:
    """One model for all SNRs at each bandwidth ratio, for a GPU: minutes there, half a day on two cores."""
    return [
        replace(
            _RESNET,
            name=f"deepjscc-resnet/cifar10-{rate}",
            options={"latent_channels": 96 // _RATES["cifar10"][rate], "filters": 128, "blocks": 2, "adaptive": True},
            snr_db=_ALL_SNRS,
            loss="psnr",
            steps=60_000,
            batch_size=128,
            decay=0.4,
        )
        for rate in ("1_6", "1_12")
    ]


def _photos() -> list[Recipe]:
    """One model for all SNRs at each bandwidth ratio."""
    stem = "deepjscc-resnet/photos"
    recipes = []
    for rate in ("1_16", "1_24", "1_48", "1_12"):
        options = {"latent_channels": 96 // _RATES["photos"][rate], "filters": 96, "blocks": 2, "adaptive": True}
        recipe = replace(
            _RESNET,
            name=f"{stem}-{rate}",
            options=options,
            data="photos",
            crop=64,
            batch_size=16,
            snr_db=_ALL_SNRS,
            loss="psnr",
            steps=60_000,
            decay=0.25,
        )
        if rate == "1_48":  # two channels for 4x4 pixels would be light without colour
            recipe = replace(recipe, options={**options, "latent_channels": 8, "block": 8}, crop=128, batch_size=8)
        elif recipes:
            recipe = replace(recipe, warm_start=recipes[0].name, steps=15_000, learning_rate=1e-3, decay=0.5)
        recipes.append(recipe)
        if rate == "1_48":  # what one model for all SNRs costs
            only = {"snr_db": 10.0, "steps": 2_000, "learning_rate": 1e-3, "decay": 0.5}
            recipes.append(replace(recipe, name=f"{recipe.name}-snr10", warm_start=recipe.name, **only))
    return recipes


def beyond() -> list[Recipe]:
    """The linear code, and `DeepJsccResNet` on CIFAR-10 and on photographs."""
    return [*_linear(), *_cifar10(), *_photos()]
