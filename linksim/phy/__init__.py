"""The physical layer, on Sionna: channels, transport blocks, modulation and coding, capacity.

Names are imported when they are used: `import linksim.phy` loads neither TensorFlow nor Sionna.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "bits": ["Bec", "BlockErasure", "Bsc", "ZChannel", "get_bit_channel"],
        "bler": ["BlerKey", "BlerTable", "block_error_tables", "transport_error_probability"],
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
        "channel": ["Awgn", "Channel", "RayleighFast", "RayleighSlow", "get_channel", "noise_variance"],
        "interleaver": ["BlockInterleaver", "Interleaver", "RandomInterleaver"],
        "mcs": ["Mcs", "NR_MCS_TABLES", "PAPER_MCS", "get_mcs"],
        "transport": ["Transport"],
    },
)
