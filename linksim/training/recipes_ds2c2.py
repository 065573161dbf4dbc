"""DS2C2 in its two stages: the base layer, then residual and sum behind it (Yetis 2025, sec. IV)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from linksim.training.phase import Phase
from linksim.training.recipe import Recipe

_PAPER = {"filters": 64, "blocks": 9, "steps": 2, "normalization": "instance"}
_SMALL = {"filters": 16, "blocks": 3, "steps": 2, "normalization": "none"}
"""What two cores can train: a quarter of the filters and a third of the blocks; without normalisation, since the
statistics of a crop are not those of a whole picture."""

_PAINTERS = ("compnet", "finenets")
_ENHANCERS = ("residual_encoder", "residual_decoder", "sumnet")


def _painting(distortion: int, adversarial: int, discriminator: int) -> tuple[Phase, ...]:
    """The pixels first, which are quickly learned, then against discriminators."""
    return (
        Phase(
            "distortion",
            distortion,
            {"features": 1.0},
            _PAINTERS,
            optimizer="muon",
            learning_rate=1e-3,
            final_learning_rate=2e-4,
        ),
        Phase(
            "adversarial",
            adversarial,
            {"filters": discriminator},
            _PAINTERS,
            learning_rate=2e-4,
            final_learning_rate=2e-5,
            beta_1=0.5,
        ),
    )


_SEEING = Phase("segmentation", 6_000, trains=("segnet",), optimizer="muon", learning_rate=2e-3)

_BASE = Recipe(
    name="rgan/camvid",
    codec="rgan",
    options={**_SMALL, "classes": 11},
    data="camvid",
    crop=128,
    batch_size=4,
    snr_db=None,
    channel="bsc",  # of a base layer nothing gets lost
    error_probability=0.0,
    precision="mixed_bfloat16",
    phases=(_SEEING, *_painting(4_000, 2_000, 16)),
)

_ENHANCEMENT = Recipe(
    name="",
    codec="ds2c2",
    data="photos",
    crop=128,
    batch_size=4,
    snr_db=None,
    channel="z",
    error_probability=0.0,
    precision="mixed_bfloat16",
)


def _enhancement(steps: int, loss: dict[str, float]) -> tuple[Phase, ...]:
    schedule = {"learning_rate": 2e-3, "final_learning_rate": 0.0, "decay": 0.25, "averaging": 0.999}
    return (Phase("distortion", steps, loss, _ENHANCERS, optimizer="muon", **schedule),)  # type: ignore[arg-type]


def _second_stage(
    data: str,
    base: Recipe,
    channels: int,
    probabilities: Sequence[float],
    steps: int,
    features: float = 1.0,
    **options: Any,
) -> list[Recipe]:
    """BResNet and SumNet behind one base layer: without errors in training, and from there with them."""
    loss = {"features": features}
    recipes: list[Recipe] = []
    for p in probabilities:
        recipes.append(
            replace(
                _ENHANCEMENT,
                name=f"ds2c2/{data}-{channels}bits-z{round(100 * p)}",
                data=data,
                options={"channels": channels, "base": dict(base.options), **options},
                error_probability=p,
                analytic_start=not recipes,
                warm_start=recipes[0].name if recipes else base.name,
                phases=_enhancement(steps // 2 if recipes else steps, loss),
            )
        )
    return recipes


def ds2c2() -> list[Recipe]:
    """The base layers and, behind them, the enhancement layers; and the paper's sizes, for a GPU."""
    # What a map is worth: the same without one.
    blind = replace(
        _BASE, name="rgan/camvid-nolabels", options={**_SMALL, "classes": 0}, phases=_painting(4_000, 2_000, 16)
    )
    # Natural pictures have no labels here: without a map, and with the one that a network for streets sees in them.
    photos = replace(
        _BASE,
        name="rgan/photos",
        options={**_SMALL, "classes": 0},
        data="photos",
        phases=_painting(2_500, 500, 16),
    )
    seeing = replace(photos, name="rgan/photos-labels", options=_BASE.options, warm_start=_BASE.name)
    paper = replace(
        _BASE,
        name="rgan/camvid-paper",
        options={**_PAPER, "classes": 11, "segmentation_filters": 64},
        crop=256,
        phases=(replace(_SEEING, steps=50_000), *_painting(50_000, 150_000, 64)),
    )
    street = _second_stage("camvid", _BASE, 34, (0.0, 0.08), 1_500)
    few = [replace(street[0], name=f"{street[0].name}-{n}pictures", data=f"camvid:{n}") for n in (1, 4, 16)]
    behind_paper = _second_stage("camvid", paper, 34, (0.0,), 200_000, features=10.0, residual_filters=64, sum_block=1)
    return [
        _BASE,
        blind,
        photos,
        seeing,
        *_second_stage("photos", photos, 16, (0.0, 0.08), 2_000),
        *street,
        *few,
        paper,
        *[replace(recipe, name=f"{recipe.name}-paper", crop=256) for recipe in behind_paper],
    ]
