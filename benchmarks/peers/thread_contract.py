"""What the hand-written scripts must know of raw files: columns and types of four registers, and the day ranges in file names.

Imports nothing but the standard library: it is used in the environments of DuckDB and of Polars.
"""

import calendar
import re
from datetime import date
from pathlib import Path

TEXT, DATE, FLOAT, SMALL, WHOLE = "text", "date", "double", "smallint", "integer"
_TYPES = {"s": TEXT, "d": DATE, "f": FLOAT, "h": SMALL, "i": WHOLE}
_COLUMNS = {
    "bef": "pnr:s foed_dag:d far_id:s mor_id:s familie_id:s aegte_id:s alder:h antboernf:h antboernh:h antpersf:h antpersh:h"
    " bop_vfra:d civst:s cprtjek:s cprtype:s e_faelle_id:s familie_type:h fm_mark:h hustype:h ie_type:s koen:s kom:h"
    " opr_land:s plads:h reg:h statsb:i version:s",
    "lmdb": "pnr:s eksd:d atc:s volume:f apk:f indo:s doso:s vnr:s ovnr:s packsize:f dosform:s eksp:f aldr:i abc:s",
    "lpr_adm": "pnr:s c_adiag:s c_afd:s c_hafd:s c_henm:s c_hsgh:s c_indm:s c_kom:s c_kontaars:s c_pattype:s c_sgh:s c_spec:s"
    " c_udm:s cprtjek:s cprtype:s d_hendto:d d_inddto:d d_uddto:d k_afd:s recnum:s v_alddg:i v_alder:i v_indminut:i"
    " v_indtime:i v_sengdage:i v_udtime:i version:s",
    "lpr_diag": "c_diag:s c_diagtype:s c_tildiag:s leverancedato:d recnum:s version:s",
}
CONTRACT = {
    register: {name: _TYPES[kind] for name, kind in (word.split(":") for word in text.split())}
    for register, text in _COLUMNS.items()
}
ALIASES = {
    "pnr": ("pnr", "cpr", "v_cpr", "pnr12"),
    "foed_dag": ("foed_dag", "foed_dato"),
    "recnum": ("recnum", "k_recnum", "v_recnum"),
}
ORDER = {
    "bef": ["pnr", "period_end"],
    "lmdb": ["pnr", "eksd", "atc", "vnr", "indo", "apk", "volume"],
    "lpr_adm": ["recnum", "period_end", "source_file"],
    "lpr_diag": ["recnum", "c_diagtype", "c_diag"],
}
ROW_GROUP = 262_144


def full_order(register: str) -> list[str]:
    """Return the columns that a table of the first layer is sorted by: ties are broken by the others, where there is no key."""
    keys = ORDER[register]
    others = [*CONTRACT[register], "period_start", "period_end", "source_file"]
    return keys if register == "bef" else [*keys, *(name for name in others if name not in keys)]


def raw_files(folder: Path, register: str) -> list[tuple[Path, date, date]]:
    """Return files with the first and last day they cover; of two that cover one year, the one named after its register."""
    found: dict[date, tuple[Path, date, date]] = {}
    for path in sorted((folder / register).glob("*.parquet")):
        digits = re.findall(r"(\d{4})(\d{2})?$", path.stem)[0]
        year, month = int(digits[0]), int(digits[1] or 0)
        last = date(year, month or 12, calendar.monthrange(year, month or 12)[1])
        if last not in found or path.stem.startswith(register):
            found[last] = (path, date(year, month or 1, 1), last)
    return list(found.values())


def find(name: str, columns: list[str]) -> str | None:
    """Return the column of a file that bears the name or an alias of it, in any case."""
    return next((column for column in columns if column.lower() in ALIASES.get(name, (name,))), None)
