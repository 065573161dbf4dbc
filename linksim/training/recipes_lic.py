"""Learned image compression: a ladder of models, from many bits to few."""

from __future__ import annotations

from dataclasses import replace

from linksim.training.phase import Phase
from linksim.training.recipe import Recipe

_WEIGHTS = (0.0130, 0.0250, 0.0483, 0.0067, 0.0035, 0.0018)
"""lambda of CompressAI's qualities 4, 5, 6, 3, 2, 1, about 0.1 to 0.9 bits per pixel; the first is trained first."""

_OF_YETIS = 0.0067


def _phase(weight: float, steps: int, rate: float) -> tuple[Phase, ...]:
    schedule = {"final_learning_rate": 0.0, "decay": 0.4, "averaging": 0.999}
    return (
        Phase("rate-distortion", steps, {"weight": weight}, optimizer="muon", learning_rate=rate, **schedule),  # type: ignore[arg-type]
    )


def lic() -> list[Recipe]:
    """One model for each weight of the distortion, all from the first, and one that bears lost bits; 64 filters, which
    two cores can train."""
    first = Recipe(
        name=f"lic/photos-{_WEIGHTS[0]:.4f}",
        codec="lic",
        options={"filters": 64},
        data="photos",
        crop=128,
        batch_size=8,
        snr_db=None,
        channel="bsc",  # its bytes arrive whatever the channel is
        error_probability=0.0,
        precision="mixed_bfloat16",
        phases=_phase(_WEIGHTS[0], 20_000, 2e-3),
    )
    others = [
        replace(first, name=f"lic/photos-{weight:.4f}", warm_start=first.name, phases=_phase(weight, 5_000, 1e-3))
        for weight in _WEIGHTS[1:]
    ]
    # As in Table I of Yetis (2025), at 0.26 bits per pixel: latents in bits of which ones are received as zeros.
    lossy = replace(
        first,
        name=f"lic/photos-{_OF_YETIS:.4f}-z8",
        options={**first.options, "fixed_bits": 8},
        warm_start=f"lic/photos-{_OF_YETIS:.4f}",
        channel="z",
        error_probability=0.08,
        phases=_phase(_OF_YETIS, 5_000, 1e-3),
    )
    return [first, *others, lossy]
