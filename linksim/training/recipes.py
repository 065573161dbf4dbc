"""The recipes that `linksim train` knows by name."""

from __future__ import annotations

from dataclasses import replace

from linksim.errors import LinksimError
from linksim.training.recipe import Recipe
from linksim.training.recipes_beyond import beyond
from linksim.training.recipes_ds2c2 import ds2c2
from linksim.training.recipes_lic import lic
from linksim.training.recipes_perceptual import perceptual
from linksim.training.recipes_progressive import progressive

# Each SNR starts from a neighbour that was trained before it: a fraction of the steps then suffices.
_NEIGHBOUR = {7: 10, 13: 10, 4: 7, 16: 13, 19: 16, 1: 4}
_RATES = {"1_12": 8, "1_6": 16}

_CIFAR10 = Recipe(
    name="",
    codec="deepjscc",
    optimizer="muon",
    learning_rate=4e-3,
    precision="mixed_bfloat16",
)
"""What the small networks on CIFAR-10 have in common."""

_FIRST = {
    "steps": 32_000,
    "learning_rate": 2e-3,
    "final_learning_rate": 0.0,
    "decay": 0.4,
    "averaging": 0.999,
    "analytic_start": True,
}
"""The model that is trained first at a bandwidth ratio."""

_NEXT = {"steps": 4_000, "learning_rate": 1e-3, "decay": 0.8, "analytic_start": False}
"""What a model takes that starts from its neighbour."""


def _cifar10() -> list[Recipe]:
    recipes = []
    for rate, channels in _RATES.items():
        name = f"deepjscc/cifar10-{rate}-snr"
        base = replace(_CIFAR10, name=f"{name}10", options={"latent_channels": channels}, **_FIRST)
        recipes.append(base)
        for snr, other in _NEIGHBOUR.items():
            recipes.append(replace(base, name=f"{name}{snr}", snr_db=float(snr), warm_start=f"{name}{other}", **_NEXT))
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


_ALL = [*_cifar10(), *_photos(), *progressive(_CIFAR10), *beyond(), *ds2c2(), *perceptual(), *lic()]

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _ALL}
"""Every recipe that `linksim train` knows, by name."""


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
