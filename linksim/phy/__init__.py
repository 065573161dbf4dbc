"""The physical layer, on Sionna: channels, transport blocks, modulation and coding, capacity.

Names are imported when they are used: `import linksim.phy` loads neither TensorFlow nor Sionna.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={"bler", "channels", "coding"},
    submod_attrs={
        "bler.table": ["BlerKey", "BlerTable", "block_error_tables", "transport_error_probability"],
        "capacity": [
            "bicm_capacity",
            "bicm_limit_db",
            "bicm_outage_probability",
            "ergodic_bicm_capacity",
            "ergodic_bicm_limit_db",
            "ergodic_capacity",
            "gaussian_capacity",
            "outage_capacity",
            "outage_probability",
        ],
        "channels.bits": ["Bec", "BlockErasure", "Bsc", "ZChannel", "get_bit_channel"],
        "channels.base": ["Channel", "Received", "noise_variance"],
        "channels.flat": ["Awgn", "RayleighFast", "RayleighSlow", "get_channel"],
        "coding.interleaver": ["BlockInterleaver", "Interleaver", "RandomInterleaver"],
        "coding.transport": ["Transport"],
        "mcs": ["Mcs", "NR_MCS_TABLES", "PAPER_MCS", "get_mcs"],
    },
)
