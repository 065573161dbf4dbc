"""Everything that determines a training run."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from types import MappingProxyType
from typing import Any

from linksim.errors import LinksimError
from linksim.training.phase import Phase

BIT_CHANNELS = ("bsc", "z", "bec")
"""Channels for bits: `linksim.training.bit_channel` has their laws, and needs Keras."""


@dataclass(frozen=True)
class Recipe:
    """A training run, whole: the same recipe on the same backend gives the same curve.

    Parameters
    ----------
    name : str
        Also the name in the zoo, such as "deepjscc/cifar10-1_6-snr10".
    codec : str or class
        One of `linksim.codecs.registry.CODECS`, or a subclass of `linksim.codecs.Codec` of one's own; "" where it is
        given to `linksim.train` instead.
    options : mapping
        The codec's constructor arguments, plain values as JSON holds them.
    data : str
        "cifar10" (its training pictures, the last 1000 held back for validation), "photos"
        (`LINKSIM_DATA/photos`), a set with labels (`linksim.images.load_labelled`) or a folder of pictures; with :N
        only N of its training pictures, evenly spread, as in "camvid:16".
    snr_db : float, (float, float) or None
        Es/N0 in dB; a pair is a range from which each picture draws its own. None over a channel for bits.
    channel : {"awgn", "rayleigh-slow", "rayleigh-fast", "bsc", "bec", "z"}
        For symbols, or for bits; bytes always arrive.
    error_probability : float, (float, float) or None
        Of a flipped, erased or lost bit; a pair as for `snr_db`. None over a channel for symbols.
    steps : int
        Gradient steps in all, a multiple of 500; with `phases` their sum. 0 with an analytic start alone.
    batch_size : int
    crop : int or None
        Side of the square that is cut from each training picture, in pixels; None takes it whole.
    by_area : bool
        Whether large pictures are cut from more often than small ones, as their pixels are more. (Kits always do.)
    loss : str
        One of `linksim.training.objectives.OBJECTIVES`: "mse", the mean MSE, or "psnr", minus the mean of
        per-picture PSNR: where SNRs and rates are mixed in a batch, MSE would see little but the worst of them.
    optimizer : {"adam", "muon"}
        `keras.optimizers.Adam` or `linksim.training.muon.ConvMuon`.
    learning_rate, final_learning_rate : float
        A cosine leads from the first to the second over all steps, after `warmup_steps`.
    decay, averaging : float or None
        A constant rate with a linear decay instead of the cosine, and a running mean of the weights; see `Phase`.
    analytic_start : bool
        Begin with what the codec's `learn_statistics` makes of the training pictures, at the SNR of the recipe
        (the middle of a range); with a warm start, afterwards. A codec without anything to train takes 0 `steps`.
    warm_start : str or None
        Name of the recipe whose weights this one starts from. Of weights whose shape differs the
        common part is taken, and the rest starts fresh.
    precision : {"float32", "mixed_bfloat16"}
    seed : int
    phases : sequence of Phase
        One after the other, each with its own objective and optimiser. Where there are none, the recipe is one
        phase of `loss`, `optimizer`, `steps` and learning rates; where there are, these fields are not used.
    """

    name: str
    codec: str | type[Any] = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    data: str = "cifar10"
    snr_db: float | tuple[float, float] | None = 10.0
    channel: str = "awgn"
    error_probability: float | tuple[float, float] | None = None
    steps: int = 600_000
    batch_size: int = 64
    crop: int | None = None
    by_area: bool = False
    loss: str = "mse"
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    final_learning_rate: float = 1e-5
    warmup_steps: int = 0
    decay: float | None = None
    averaging: float | None = None
    analytic_start: bool = False
    warm_start: str | None = None
    precision: str = "float32"
    seed: int = 0
    phases: tuple[Phase, ...] = ()

    def __post_init__(self) -> None:
        parts = self.name.split("/") if isinstance(self.name, str) else [""]
        if self.name != "" and {"", ".", ".."} & set(parts):
            raise LinksimError(f"recipe name {self.name!r} names a folder; give words, with '/' between them")
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))
        _check_codec(self)
        for what in ("snr_db", "error_probability"):
            if isinstance(getattr(self, what), list):  # a range as a card holds it
                object.__setattr__(self, what, tuple(getattr(self, what)))
        _check_channel(self)
        phases = tuple(p if isinstance(p, Phase) else Phase(**p) for p in self.phases)
        object.__setattr__(self, "phases", phases)
        if phases:
            object.__setattr__(self, "steps", sum(phase.steps for phase in phases))
        for what, least in (("steps", 0 if self.analytic_start else 1), ("batch_size", 1)):
            if getattr(self, what) < least:
                given = f"recipe {self.name!r}: {what} is {getattr(self, what)}"
                raise LinksimError(f"{given}; it must be at least {least}")
        if self.optimizer not in ("adam", "muon"):
            raise LinksimError(f"recipe {self.name!r}: optimizer {self.optimizer!r}; take adam or muon")
        if self.precision not in ("float32", "mixed_bfloat16"):
            raise LinksimError(f"recipe {self.name!r}: precision {self.precision!r}; take float32 or mixed_bfloat16")

    @property
    def codec_name(self) -> str:
        """What cards and tables call its codec, see `linksim.codecs.registry.name_of`."""
        if isinstance(self.codec, str):
            return self.codec
        from linksim.codecs.registry import name_of

        return name_of(self.codec)

    def with_steps(self, steps: int) -> Recipe:
        """The same for another number of gradient steps.

        Parameters
        ----------
        steps : int

        Raises
        ------
        LinksimError
            If it has several phases, each with steps of its own.
        """
        if len(self.phases) > 1:
            raise LinksimError(
                f"recipe {self.name!r} has {len(self.phases)} phases; say the steps of each in a recipe of your own"
            )
        phases = tuple(replace(phase, steps=steps) for phase in self.phases)
        return replace(self, steps=steps, phases=phases)

    @property
    def schedule(self) -> tuple[Phase, ...]:
        """The phases; none where nothing is trained."""
        if self.phases or not self.steps:
            return self.phases
        shared = ("steps", "optimizer", "learning_rate", "final_learning_rate", "warmup_steps", "decay", "averaging")
        return (Phase(self.loss, **{name: getattr(self, name) for name in shared}),)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON holds them; cards from before there were phases have no such field."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        values |= {"codec": self.codec_name, "options": dict(self.options)}
        values |= {"phases": [phase.to_dict() for phase in self.phases]}
        if not self.phases:
            del values["phases"]
        if self.error_probability is None:  # as on cards from before there were channels for bits
            del values["error_probability"]
        return json.loads(json.dumps(values))


def _check_codec(recipe: Recipe) -> None:
    """A codec is a name or a class of codecs, and its options are values that a card can hold."""
    if not isinstance(recipe.codec, str):
        try:
            name = recipe.codec_name
        except LinksimError as error:
            raise LinksimError(f"recipe {recipe.name!r}: {error}") from error
        if ":" not in name:  # a class of linksim's: by its name other processes find it
            object.__setattr__(recipe, "codec", name)
    try:
        json.dumps(dict(recipe.options))
    except (TypeError, ValueError) as error:
        given = f"recipe {recipe.name!r}: options that a card cannot hold ({error})"
        raise LinksimError(f"{given}; give numbers, words, lists and mappings") from error


def _check_channel(recipe: Recipe) -> None:
    """A channel for symbols has an SNR, one for bits an error probability: a number, or a range of two."""
    name, wanted, other = f"recipe {recipe.name!r}", "snr_db", "error_probability"
    if recipe.channel in BIT_CHANNELS:
        wanted, other = other, wanted
    value, stray = getattr(recipe, wanted), getattr(recipe, other)
    if stray is not None:
        raise LinksimError(f"{name}: {other} is {stray!r}, and channel {recipe.channel} has none; set it to None")
    ends = value if isinstance(value, tuple) else (value,)
    possible = all(isinstance(v, Real) and math.isfinite(float(v)) for v in ends)
    if not possible or (isinstance(value, tuple) and (len(value) != 2 or value[0] > value[1])):
        raise LinksimError(f"{name}: {wanted} is {value!r}; give a number, or a range from low to high")
    if wanted == "error_probability" and not 0 <= ends[0] <= ends[-1] <= 1:
        raise LinksimError(f"{name}: error_probability is {value!r}; give a probability from 0 to 1")
