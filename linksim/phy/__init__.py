"""The physical layer, on Sionna: channels, transport blocks, modulation and coding, capacity.

Names are imported when they are used: `import linksim.phy` loads neither TensorFlow nor Sionna.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={"bler", "channels", "coding"},
    submod_attrs={
        "bler.probability": ["block_error_curves", "block_error_tables", "transport_error_probability"],
        "bler.table": ["BlerKey", "BlerTable"],
        "capacity": [
            "bicm_capacity",
            "bicm_limit_db",
            "ergodic_bicm_capacity",
            "ergodic_bicm_limit_db",
            "ergodic_capacity",
            "gaussian_capacity",
            "outage_capacity",
        ],
        "channels.bits": ["Bec", "BlockErasure", "Bsc", "ZChannel", "get_bit_channel"],
        "channels.base": ["Channel", "Received", "noise_variance"],
        "channels.flat": ["Awgn", "RayleighFast", "RayleighSlow", "get_channel"],
        "coding.interleaver": ["BlockInterleaver", "Interleaver", "PixelInterleaver", "RandomInterleaver"],
        "coding.decoders": ["get_decoder", "register_decoder"],
        "coding.decoders.belief_propagation": ["BeliefPropagation"],
        "coding.decoders.layered": ["LayeredBeliefPropagation"],
        "coding.plan": ["plan_transport"],
        "coding.transport": ["Transport"],
        "mcs": ["Mcs", "NR_MCS_TABLES", "PAPER_MCS", "get_mcs"],
    },
)
