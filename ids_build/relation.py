"""The name of a table: a layer and a name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Relation:
    """Layer and name of a table, spelt ``layer.name``."""

    layer: str
    name: str

    def __str__(self) -> str:
        """Return the plain spelling, ``layer.name``."""
        return f"{self.layer}.{self.name}"

    @property
    def sql(self) -> str:
        """Return the spelling for a query, each half quoted."""
        return ".".join('"' + part.replace('"', '""') + '"' for part in (self.layer, self.name))
