"""Learned image compression: one model for many rates, one that bears lost bits; and the paper's."""

from __future__ import annotations

from dataclasses import replace

from linksim.training.phase import Phase
from linksim.training.recipe import Recipe

_PAPER = (0.0483, 0.0250, 0.0130, 0.0067, 0.0035, 0.0018)
"""lambda of CompressAI's qualities 6 to 1."""

_WEIGHTS = (*_PAPER, 0.0009, 0.00045)
"""About 0.9 to 0.1 bits per pixel on Kodak."""

_MIDDLE = _WEIGHTS[len(_WEIGHTS) // 2]
"""About a quarter of a bit per pixel on Kodak, as in Table I of Yetis (2025)."""


def lic() -> list[Recipe]:
    """Networks that two cores can train, and those of the paper, for a GPU."""
    many = Recipe(
        name="lic/photos",
        codec="lic",
        options={"filters": 64, "latent_channels": 128, "rates": len(_WEIGHTS)},
        data="photos",
        crop=256,  # of 128 pixels, all hyper-latents lie at a border
        by_area=True,
        batch_size=2,
        snr_db=None,
        channel="bsc",  # its bytes arrive whatever the channel is
        error_probability=0.0,
        precision="mixed_bfloat16",
        analytic_start=True,
        phases=_phase(list(_WEIGHTS), 20_000),
    )
    # As in Table I of Yetis (2025): latents in bits of which ones are received as zeros.
    lossy = replace(
        many,
        name="lic/photos-z8",
        options={**many.options, "fixed_bits": 8},
        analytic_start=False,
        warm_start=many.name,
        channel="z",
        error_probability=0.08,
        phases=_phase(_MIDDLE, 5_000),
    )
    return [many, lossy, *_paper(many)]


def _paper(ours: Recipe) -> list[Recipe]:
    """One network for each rate, wider for the higher three: a GPU's task."""
    schedule = {"learning_rate": 1e-4, "final_learning_rate": 1e-5, "decay": 0.2}
    return [
        replace(
            ours,
            name=f"lic/photos-{weight:.4f}-paper",
            by_area=False,
            options={"filters": 192 if weight > 0.0067 else 128},
            batch_size=16,
            precision="float32",
            analytic_start=False,
            phases=(Phase("rate-distortion", 1_000_000, {"weight": weight}, **schedule),),  # type: ignore[arg-type]
        )
        for weight in _PAPER
    ]


def _phase(weight: float | list[float], steps: int) -> tuple[Phase, ...]:
    # Of two pictures a step, the direction is noisy: at a constant rate of 3e-4 weights as they are show whole pictures
    # 1 to 2 dB worse than their running mean, and from 2,000 steps on that gets no better, either.
    schedule = {"learning_rate": 3e-4, "final_learning_rate": 0.0, "decay": 1.0, "averaging": 0.999}
    return (Phase("rate-distortion", steps, {"weight": weight}, optimizer="muon", **schedule),)  # type: ignore[arg-type]
