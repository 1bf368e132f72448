"""When each person was here: birth, arrival, departure, death."""

from dataclasses import dataclass

import numpy as np

from ids_build.runner.synthesize.chance import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """One position per person; days count from the epoch; `entry` is 0 resident, 1 born, 2 arrived."""

    birth: Array
    enter: Array
    death: Array
    emigrated: Array
    female: Array
    entry: Array

    @property
    def leave(self) -> Array:
        """Return the first day a person is no longer here."""
        return np.minimum(self.death, self.emigrated)

    def is_here(self, who: Array, day: Array) -> Array:
        """Tell who is here on the day."""
        gone = np.minimum(self.death[who], self.emigrated[who])
        return np.asarray((self.enter[who] <= day) & (day < gone))
