"""A picture through a channel and back: analog, separation, capacity."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "analog": ["AnalogLink"],
        "base": ["Bandwidth", "Envelope", "Link", "MemberPoint", "Outcomes", "Reception"],
        "best_of": ["BestOf"],
        "bit_pictures": ["BitPictures", "BitSource", "IndependentBits", "LatentBits", "StreamBits"],
        "capacity": ["CapacityLink"],
        "bearers": [
            "Bearer",
            "BitBearer",
            "ByteBearer",
            "CodeBlockBearer",
            "ErrorFreeBearer",
            "SymbolBearer",
            "TransportBearer",
        ],
        "conversation": ["ConversationLink"],
        "separation": ["SeparationLink"],
        "stream_codec": ["StreamCodec"],
        "unprotected": ["UnprotectedLink"],
    },
)
