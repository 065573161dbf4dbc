"""Decoders of LDPC code blocks: a small protocol, and what is built in."""

from linksim.phy.coding.decoders.base import CompiledDecoder, Decoder
from linksim.phy.coding.decoders.registry import DEFAULT_DECODER, get_decoder, register_decoder

__all__ = ["DEFAULT_DECODER", "CompiledDecoder", "Decoder", "get_decoder", "register_decoder"]
