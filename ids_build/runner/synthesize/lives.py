"""When each person was here: birth, arrival, departure, death, and a time abroad between."""

from dataclasses import dataclass

import numpy as np

from ids_build.runner.synthesize.chance import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """One position per person; days count from the epoch; `entry` is 0 resident, 1 born, 2 arrived.

    A person is abroad from `away` to the day before `back`; days that never come stand for no time abroad.
    """

    birth: Array
    enter: Array
    death: Array
    emigrated: Array
    female: Array
    entry: Array
    away: Array
    back: Array

    @property
    def leave(self) -> Array:
        """Return the first day a person is no longer here."""
        return np.minimum(self.death, self.emigrated)

    def is_here(self, who: Array, day: Array | int) -> Array:
        """Tell who is here on the day."""
        gone = np.minimum(self.death[who], self.emigrated[who])
        return np.asarray((self.enter[who] <= day) & (day < gone) & ~self.is_abroad(who, day))

    def is_abroad(self, who: Array, day: Array | int) -> Array:
        """Tell who is abroad on the day, to come back."""
        return np.asarray((self.away[who] <= day) & (day < self.back[who]))
