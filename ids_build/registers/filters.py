"""Which persons' rows of a register are kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ids_build.errors import ConfigError
from ids_build.tasks.registers import in_list


@dataclass(frozen=True, slots=True, kw_only=True)
class PnrFilter:
    """Persons, and for a register that does not name them the key and the folder of the register that does.

    No persons keep no rows. NULL is nobody. Identifiers are text; blanks around them do not matter.
    """

    pnrs: frozenset[str]
    column: str | None = None
    via: Path | None = None

    @classmethod
    def direct(cls, pnrs: Iterable[str]) -> "PnrFilter":
        """Return the filter on the register's own person column."""
        return cls(pnrs=_texts(pnrs))

    @classmethod
    def relation(cls, pnrs: Iterable[str], column: str, via: str | Path | None = None) -> "PnrFilter":
        """Return the filter that keeps rows whose `column` stands in the rows of these persons in another register.

        `via` is the folder of that register; None = the folder of its name beside the one that is loaded.
        """
        return cls(pnrs=_texts(pnrs), column=column, via=Path(via) if via is not None else None)

    def to_expr(self, person: str = "pnr") -> Any:
        """Return the datafusion expression that the column of that name (for a relation: its own) is one of the identifiers.

        For a relation that is the old design's meaning: the identifiers are then values of that column. Texts are
        compared as they are, blanks included.
        """
        return in_list(self.column or person, sorted(self.pnrs))


def _texts(pnrs: Iterable[str]) -> frozenset[str]:
    if isinstance(pnrs, str):
        raise ConfigError("the identifiers are one text", hint="give a list or a set of texts")
    found = list(pnrs)
    if not all(isinstance(one, str) for one in found):
        raise ConfigError("an identifier is no text", hint="identifiers are text: a number has lost its leading zeros")
    return frozenset(one.strip() for one in found if one.strip())
