"""One small link of every kind; a new kind of link is added here and has all of its contract tested."""

from linksim.codecs.registry import create
from linksim.links import AnalogLink, CapacityLink, SeparationLink
from linksim.phy import Awgn, RayleighFast, RayleighSlow, get_mcs
from linksim.source import Jpeg

_CODEC = create("deepjscc", {"latent_channels": 4})
_MULTIPLE = create("multiple-decoders", {"layer_channels": (2, 2)})
_SINGLE = create("single-decoder", {"layer_channels": (2, 2)})
_RESIDUAL = create("residual", {"layer_channels": (2, 2)})
_ADAPTIVE = create("adaptive", {"layer_channels": (2, 2), "filters": 8, "blocks": 1})


def _separation(channel, mode, harq=1):
    return lambda: SeparationLink(Jpeg(), get_mcs("4-QAM 1/2"), channel, cbr=0.9 / harq, mode=mode, harq=harq)


KINDS = {
    "analog, awgn": lambda: AnalogLink(_CODEC, Awgn()),
    "analog, rayleigh-slow": lambda: AnalogLink(_CODEC, RayleighSlow()),
    "analog, rayleigh-slow, CSI": lambda: AnalogLink(_CODEC, RayleighSlow(csi=True)),
    "multiple decoders, awgn": lambda: AnalogLink(_MULTIPLE, Awgn()),
    "multiple decoders, rayleigh-slow": lambda: AnalogLink(_MULTIPLE, RayleighSlow()),
    "multiple decoders, rayleigh-slow, CSI": lambda: AnalogLink(_MULTIPLE, RayleighSlow(csi=True)),
    "single decoder, awgn": lambda: AnalogLink(_SINGLE, Awgn()),
    "single decoder, rayleigh-fast": lambda: AnalogLink(_SINGLE, RayleighFast()),
    "adaptive, awgn": lambda: AnalogLink(_ADAPTIVE, Awgn()),
    "residual, awgn": lambda: AnalogLink(_RESIDUAL, Awgn(), realizations=3),
    "residual with feedback, rayleigh-slow": lambda: AnalogLink(_RESIDUAL, RayleighSlow(), feedback=True),
    "separation, awgn, factored": _separation(Awgn(), "factored"),
    "separation, awgn, chain": _separation(Awgn(), "chain"),
    "separation, rayleigh-slow, retransmission": _separation(RayleighSlow(csi=True), "chain", harq=2),
    "separation, rayleigh-slow, factored": _separation(RayleighSlow(csi=True), "factored"),
    "separation, rayleigh-fast, factored": _separation(RayleighFast(csi=True), "factored"),
    "capacity, awgn": lambda: CapacityLink(Jpeg(), Awgn(), cbr=0.9),
    "capacity, rayleigh-slow": lambda: CapacityLink(Jpeg(), RayleighSlow(csi=True), cbr=0.9, outage=0.5),
}
