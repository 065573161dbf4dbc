"""Perceptual deep JSCC in three phases: features and pixels, the discriminator alone, both (Wang et al. 2022)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from linksim.training.phase import Phase
from linksim.training.recipe import Recipe

_SNRS = (0.0, 15.0)
"""Each picture draws its own; {1, 4, 7, 10, 13} dB in the paper."""

_RATES = {"1_48": {"latent_channels": 8, "block": 8}, "1_24": {"latent_channels": 4}}

_BETA_M = 1e-3

_PAPER_RATES = {"1_48": 2, "1_24": 4, "1_16": 6}
"""Channels of the latent at a quarter of the resolution."""


def _painting(steps: int, beta_m: float) -> Phase:
    """Deep features and pixels."""
    schedule: dict[str, Any] = {"learning_rate": 1e-3, "final_learning_rate": 0.0, "decay": 0.5, "averaging": 0.999}
    return Phase("perceptual", steps, {"beta_m": beta_m}, optimizer="muon", **schedule)


def _against(alone: int, steps: int, weights: dict[str, float], filters: int, rate: float) -> tuple[Phase, Phase]:
    """The discriminator learns alone what there is to see, then both take turns."""
    options = {**weights, "filters": filters, "learning_rate": rate}
    return (
        Phase("perceptual", alone, options, trains=("rival",), learning_rate=rate, final_learning_rate=rate),
        Phase("perceptual", steps, options, learning_rate=rate, final_learning_rate=rate / 10),
    )


def perceptual() -> list[Recipe]:
    """The residual network of `DeepJsccResNet`, from its weights for MSE, which two cores can train; the network of
    the paper, for a GPU.

    Without a discriminator `NAME-lpips`, and from there with one `NAME-gan`; at CBR 1/48 also with other weights, as
    in fig. 7. A `beta_m` of 1e-5, the paper's, leaves the small network so much freedom that it paints a grid that
    AlexNet does not see; at 1e-3 LPIPS on SqueezeNet is a third lower, and PSNR 2.7 dB higher.
    """
    recipes = []
    for rate, options in _RATES.items():
        first = Recipe(
            name=f"deepjscc-resnet/photos-{rate}-lpips",
            codec="deepjscc-resnet",
            options={"filters": 96, "blocks": 2, "adaptive": True, **options},
            data="photos",
            crop=128,
            batch_size=8,
            snr_db=_SNRS,
            precision="mixed_bfloat16",
            warm_start=f"deepjscc-resnet/photos-{rate}",
            phases=(_painting(1_000, _BETA_M),),
        )

        def gan(beta_g: float, name: str, first: Recipe = first) -> Recipe:
            weights = {"beta_m": _BETA_M, "beta_g": beta_g}
            return replace(first, name=name, warm_start=first.name, phases=_against(500, 1_000, weights, 32, 2e-4))

        name = f"deepjscc-resnet/photos-{rate}-gan"
        recipes += [first, gan(1e-3, name)]
        if rate == "1_48":
            recipes += [
                replace(first, name=f"{first.name}-m1e-{n}", phases=(_painting(1_000, 10.0**-n),)) for n in (4, 5)
            ]
            recipes += [gan(10.0**-n, f"{name}-g1e-{n}") for n in (5, 1)]
    return recipes + _paper()


def _paper() -> list[Recipe]:
    """256x256 crops, batches of 12, Adam at 1e-4; weights of the paper, and of its authors' public configuration."""
    recipes = []
    for rate, channels in _PAPER_RATES.items():
        mse = Recipe(
            name=f"deepjscc-attention/photos-{rate}",
            codec="deepjscc-attention",
            options={"latent_channels": channels, "filters": 256},
            data="photos",
            crop=256,
            batch_size=12,
            snr_db=(1.0, 13.0),
            precision="mixed_bfloat16",
            steps=500_000,
            learning_rate=1e-4,
            final_learning_rate=1e-5,
        )
        recipes.append(mse)
        for ending, beta_m, beta_g in (("gan", 1e-5, 1e-3), ("gan-public", 0.01, 5.0)):
            first = Phase("perceptual", 300_000, {"beta_m": beta_m}, learning_rate=1e-4, final_learning_rate=1e-4)
            then = _against(20_000, 200_000, {"beta_m": beta_m, "beta_g": beta_g}, 64, 1e-4)
            recipes.append(replace(mse, name=f"{mse.name}-{ending}", phases=(first, *then)))
    return recipes
