"""A link that sends what a source codec makes of a picture."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from linksim.links.base import Link
from linksim.source import RateDistortion, SourceCodec

if TYPE_CHECKING:
    from typing_extensions import Self


class SourceLink(Link):
    """A link with one source codec, `source`, that another can take the place of."""

    source: RateDistortion
    _source_id: str

    def _take(self, source: RateDistortion) -> None:
        """Send by this codec from now on."""
        self.source, self._source_id = source, source.fingerprint()
        self.models = source.model_names
        self._forget()

    @abstractmethod
    def _forget(self) -> None:
        """Drop what was worked out for pictures with the codec before."""

    @property
    def model_weights(self) -> Mapping[str, str]:
        return self.source.model_weights

    @property
    def source_names(self) -> Sequence[str]:
        return (self.source.name,)

    def with_source(self, source: SourceCodec) -> Self:
        link = copy.copy(self)
        link._take(self.source.of(source))
        return link
