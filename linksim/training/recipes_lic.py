"""Learned image compression: a ladder of models, from many bits to few."""

from __future__ import annotations

from dataclasses import replace

from linksim.training.phase import Phase
from linksim.training.recipe import Recipe

_FIRST = 0.0067
"""lambda of CompressAI's quality 3, about a quarter of a bit per pixel: trained first, from transform coding on."""

_FROM = {0.0130: _FIRST, 0.0250: 0.0130, 0.0483: 0.0250, 0.0035: _FIRST, 0.0018: 0.0035}
"""lambda of qualities 4, 5, 6, 2 and 1, about 0.1 to 0.9 bits per pixel -> that of the model that each starts from."""


def _phase(weight: float, steps: int, rate: float) -> tuple[Phase, ...]:
    schedule = {"final_learning_rate": 0.0, "decay": 0.4, "averaging": 0.999}
    return (
        Phase("rate-distortion", steps, {"weight": weight}, optimizer="muon", learning_rate=rate, **schedule),  # type: ignore[arg-type]
    )


def lic() -> list[Recipe]:
    """One model for each weight of the distortion, and one that bears lost bits; two cores can train 64 filters."""
    first = Recipe(
        name=_name(_FIRST),
        codec="lic",
        options={"filters": 64},
        data="photos",
        crop=128,
        batch_size=8,
        snr_db=None,
        channel="bsc",  # its bytes arrive whatever the channel is
        error_probability=0.0,
        precision="mixed_bfloat16",
        analytic_start=True,
        phases=_phase(_FIRST, 20_000, 1e-3),
    )
    after = replace(first, analytic_start=False)
    others = [
        replace(after, name=_name(weight), warm_start=_name(start), phases=_phase(weight, 5_000, 5e-4))
        for weight, start in _FROM.items()
    ]
    # As in Table I of Yetis (2025), at 0.26 bits per pixel: latents in bits of which ones are received as zeros.
    lossy = replace(
        after,
        name=f"{_name(_FIRST)}-z8",
        options={**first.options, "fixed_bits": 8},
        warm_start=_name(_FIRST),
        channel="z",
        error_probability=0.08,
        phases=_phase(_FIRST, 5_000, 5e-4),
    )
    return [first, *others, lossy]


def _name(weight: float) -> str:
    return f"lic/photos-{weight:.4f}"
