"""Ways across: what carries the parts of a conversation."""

from linksim.links.bearers.base import Bearer
from linksim.links.bearers.plain import BitBearer, ByteBearer, ErrorFreeBearer, SymbolBearer
from linksim.links.bearers.protected import CodeBlockBearer, TransportBearer

__all__ = ["Bearer", "BitBearer", "ByteBearer", "CodeBlockBearer", "ErrorFreeBearer", "SymbolBearer", "TransportBearer"]
