"""The physical layer, on Sionna: channels, transport blocks, modulation and coding, capacity.

Names are imported when they are used: `import linksim.phy` loads neither TensorFlow nor Sionna.
"""

from __future__ import annotations

from importlib import import_module

# name -> module of this package
_EXPORTS = {
    "Awgn": "channel",
    "RayleighFast": "channel",
    "RayleighSlow": "channel",
    "Channel": "channel",
    "get_channel": "channel",
    "noise_variance": "channel",
    "Bec": "bits",
    "BlockErasure": "bits",
    "Bsc": "bits",
    "ZChannel": "bits",
    "get_bit_channel": "bits",
    "BlockInterleaver": "interleaver",
    "Interleaver": "interleaver",
    "RandomInterleaver": "interleaver",
    "bicm_capacity": "capacity",
    "bicm_limit_db": "capacity",
    "bicm_outage_probability": "capacity",
    "ergodic_bicm_capacity": "capacity",
    "ergodic_bicm_limit_db": "capacity",
    "ergodic_capacity": "capacity",
    "gaussian_capacity": "capacity",
    "outage_capacity": "capacity",
    "outage_probability": "capacity",
    "Mcs": "mcs",
    "NR_MCS_TABLES": "mcs",
    "PAPER_MCS": "mcs",
    "get_mcs": "mcs",
    "Transport": "transport",
    "BlerKey": "bler",
    "BlerTable": "bler",
    "block_error_tables": "bler",
    "transport_error_probability": "bler",
}

__all__ = sorted(_EXPORTS)


def __getattr__(name: str) -> object:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_EXPORTS))
