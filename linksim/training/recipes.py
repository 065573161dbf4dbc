"""The recipes that `linksim train` knows by name."""

from __future__ import annotations

import dataclasses

from linksim.errors import LinksimError
from linksim.training.recipe import Recipe

# Each SNR starts from a neighbour that was trained before it: a fraction of the steps then suffices.
_NEIGHBOUR = {7: 10, 13: 10, 4: 7, 19: 13, 1: 4}
_RATES = {"1_12": 8, "1_6": 16}


def _cifar10() -> list[Recipe]:
    recipes = []
    for rate, channels in _RATES.items():
        base = Recipe(
            name=f"deepjscc/cifar10-{rate}-snr10",
            codec="deepjscc",
            options={"latent_channels": channels},
            steps=60_000,
            precision="mixed_bfloat16",
        )
        recipes.append(base)
        for snr, neighbour in _NEIGHBOUR.items():
            recipes.append(
                dataclasses.replace(
                    base,
                    name=f"deepjscc/cifar10-{rate}-snr{snr}",
                    snr_db=float(snr),
                    steps=3_000,
                    learning_rate=5e-4,
                    warm_start=f"deepjscc/cifar10-{rate}-snr{neighbour}",
                )
            )
    return recipes


def _photos() -> list[Recipe]:
    small = Recipe(
        name="deepjscc/photos-1_16-snr10",
        codec="deepjscc",
        options={"latent_channels": 6},
        data="photos",
        crop=64,
        batch_size=16,
        steps=6_000,
        precision="mixed_bfloat16",
        warm_start="deepjscc/cifar10-1_12-snr10",
    )
    # The paper's network, for a GPU.
    gdn = Recipe(
        name="deepjscc-gdn/photos-1_16-snr10",
        codec="deepjscc-gdn",
        options={"latent_channels": 6},
        data="photos",
        crop=128,
        batch_size=16,
        steps=500_000,
        learning_rate=1e-4,
        precision="mixed_bfloat16",
    )
    return [small, gdn]


RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in [*_cifar10(), *_photos()]}


def get_recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises
    ------
    LinksimError
        If there is none.
    """
    if name not in RECIPES:
        raise LinksimError(f"unknown recipe {name!r}; `linksim list recipes` shows them all")
    return RECIPES[name]
