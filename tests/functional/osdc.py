"""The rules of the Open Source Diabetes Classifier a second time, person by person in plain Python, and people to try them on.

Nothing is shared with the models: where they stream, group and sum, this walks over lists, multiplies the rows of joins
out, and divides fractions. Slow and easy to read.
"""

import datetime
import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

Rows = list[dict[str, Any]]
Registers = dict[str, Rows]
Day = datetime.date

ICD8 = ("249", "250")
PREGNANCY = tuple(f"DO0{n}" for n in range(7)) + tuple(f"DO8{n}" for n in range(5)) + ("DZ33", "DZ37")
DIABETES = ("DE10", "DE11", "DE12", "DE13", "DE14")
ENDOCRINOLOGY = {"medicinsk endokrinologi", "endokrinologi"}
MEDICAL = {"geriatri", "hæmatologi", "akut medicin", "onkologi", "tropemedicin"}  # of the rule's list, those drawn below
PCOS = {"0000092", "0000276", "0000781"}


def days(count: int) -> datetime.timedelta:
    """Return a number of days."""
    return datetime.timedelta(days=count)


# -- the rules --------------------------------------------------------------------------------------


def _marks(pnr: str, day: Day, code: str, kind: str, endocrinology: bool | None, medical: bool | None) -> tuple[Any, ...]:
    type_1, type_2 = code.startswith(("DE10", "249")), code.startswith(("DE11", "250"))
    return (
        pnr,
        day,
        kind == "A",
        code.startswith((*DIABETES, *ICD8)),
        type_1,
        type_2,
        code.startswith(PREGNANCY),
        endocrinology,
        medical,
    )


def diagnosis_rows(raw: Registers) -> set[tuple[Any, ...]]:
    """Rule 1."""
    found = set()
    for row, contact in product(raw["lpr_diag"], raw["lpr_adm"]):
        wanted = row["c_diag"].startswith((*PREGNANCY, *DIABETES, *ICD8)) and row["c_diagtype"] in ("A", "B")
        if wanted and row["recnum"] == contact["recnum"]:
            number = int(contact["c_spec"]) if contact["c_spec"] else None
            departments = (None, None) if number is None else (number == 8, number != 8 and 1 <= number <= 30)
            found.add(_marks(contact["pnr"], contact["d_inddto"], row["c_diag"], row["c_diagtype"], *departments))
    forms = [
        ("lpr3f_diagnoser", "diagnosekode", "diagnosetype", "lpr3f_kontakter", "dato_start", "hovedspeciale_ans"),
        ("lpr3a_diagnose", "diag_kode", "diag_type", "lpr3a_kontakt", "kont_starttidspunkt", "kont_ans_hovedspec"),
    ]
    for diagnoses, code, kind, contacts, start, specialty in forms:
        for row, contact in product(raw[diagnoses], raw[contacts]):
            wanted = (
                row[code].startswith((*PREGNANCY, *DIABETES)) and row[kind] in ("A", "B") and row["senere_afkraeftet"] == "Nej"
            )
            if (
                wanted
                and row["dw_ek_kontakt"] == contact["dw_ek_kontakt"]
                and contact["lprindberetningssystem"] in (None, "LPR3")
            ):
                text = contact[specialty].lower() if contact[specialty] else None
                departments = (None, None) if text is None else (text in ENDOCRINOLOGY, text in MEDICAL)
                found.add(_marks(contact["pnr"], contact[start], row[code], row[kind], *departments))
    return found


def says_type_1(rows: list[tuple[Any, ...]]) -> tuple[bool, bool]:
    """Rule 3: any main diagnosis of type 1, and a majority of them, from the diabetes rows of a person."""

    def count(kind: int, department: int) -> int:
        return sum(1 for row in rows if row[2] and row[kind] and row[department])

    one, two, one_medical, two_medical = count(4, 7), count(5, 7), count(4, 8), count(5, 8)
    return one + one_medical >= 1, one > two if one + two > 0 else one_medical > two_medical


def podiatry(raw: Registers) -> set[tuple[Any, ...]]:
    """Rule 4: distinct rows, the week last."""
    rows = {(row["pnr"], row["barnmak"], row["speciale"], row["honuge"]) for name in ("sysi", "sssy") for row in raw[name]}
    return {(pnr, _monday(week), code) for pnr, child, code, week in rows if code.startswith("54") and child == 0}


def _monday(week: str) -> Day:
    padded = week.rjust(4, "0")
    year = int(padded[:2])
    fourth = Day(1900 + year if year >= 90 else 2000 + year, 1, 4)
    return fourth - days(fourth.weekday()) + days(7 * (int(padded[2:]) - 1))


def purchases(raw: Registers) -> Rows:
    """Rule 6."""
    people = {row["pnr"]: row for row in raw["bef"]}
    kept = []
    for row in raw["lmdb"]:
        atc, person = row["atc"], people.get(row["pnr"])
        if person is None or not atc.startswith("A10") or atc.startswith(("A10BJ", "A10BK01", "A10BK03")):
            continue
        young = row["eksd"] < person["foed_dato"].replace(year=person["foed_dato"].year + 40)
        if not (atc == "A10BA02" and person["koen"] == 2 and (young or row["indo"] in PCOS)):
            kept.append(row)
    return kept


def events_kept(raw: Registers, pregnancies: set[tuple[str, Day]]) -> set[tuple[Any, ...]]:
    """Rule 7, of rules 5 and 6."""
    limits = {"NPU27300": 48, "NPU03835": 6.5}
    hba1c = {
        (row["pnr"], row["samplingdate"])
        for row in raw["lab_forsker"]
        if row["analysiscode"] in limits and row["value"] >= limits[row["analysiscode"]]
    }
    bought = purchases(raw)
    rows = {
        (row["pnr"], row["eksd"], row["atc"], row["volume"], row["apk"], (row["pnr"], row["eksd"]) in hba1c, True)
        for row in bought
    }
    rows |= {(*key, None, None, None, True, False) for key in hba1c - {(row["pnr"], row["eksd"]) for row in bought}}
    return {
        row for row in rows if not any(who == row[0] and day - days(280) <= row[1] <= day + days(84) for who, day in pregnancies)
    }


def insulin(rows: list[tuple[Any, ...]]) -> tuple[bool, bool, bool]:
    """Rule 8, from the kept rows of a person: only insulin, two thirds, within 180 days."""
    bought = [row for row in rows if not row[5]]
    doses: dict[bool, list[Fraction]] = {True: [], False: []}
    for row in bought:
        is_insulin = row[2].startswith("A10A") and not row[2].startswith("A10AE56")
        if row[3] is not None and row[4] is not None:
            doses[is_insulin].append(Fraction(repr(row[3])) * Fraction(repr(row[4])))
    mine, total = sum(doses[True], Fraction()), sum(doses[True] + doses[False], Fraction())
    early = [row[1] for row in bought if row[2].startswith("A10A") and not row[2].startswith("A10AE56")]
    first = min((row[1] for row in bought), default=None)
    in_time = first is not None and any(day <= first + days(180) for day in early)
    return mine >= 1 and mine == total, total > 0 and mine / total >= Fraction(2, 3), in_time


def inclusion(streams: list[list[Day]]) -> Day | None:
    """Rule 9: the day of the second row, the two earliest rows of each stream joined by day and multiplied out."""
    earliest = [sorted(stream)[:2] for stream in streams]
    joined: list[Day] = []
    for day in {day for stream in earliest for day in stream}:
        sides = [[found for found in stream if found == day] or [day] for stream in earliest]
        joined += [row[0] for row in product(*sides)]
    return sorted(joined)[1] if len(joined) >= 2 else None


def classify(raw: Registers) -> Rows:
    """All eleven rules: the classified persons, in order."""
    rows = diagnosis_rows(raw)
    kept = events_kept(raw, {(row[0], row[1]) for row in rows if row[6]})
    services = podiatry(raw)
    classified = []
    for pnr in sorted({row[0] for row in (*rows, *kept, *services)}):
        diagnoses = [row for row in rows if row[0] == pnr and row[3]]
        events = [row for row in kept if row[0] == pnr]
        raw_date = inclusion([[row[1] for row in part if row[0] == pnr] for part in (diagnoses, services, events)])
        if raw_date is None:
            continue
        any_type_1, majority = says_type_1(diagnoses)
        only, two_thirds, in_time = insulin(events)
        type_1 = (only and any_type_1) or (not only and majority and two_thirds and in_time)
        stable = raw_date if raw_date >= Day(1998, 1, 1) else None
        classified.append(
            {
                "pnr": pnr,
                "stable_inclusion_date": stable,
                "raw_inclusion_date": raw_date,
                "has_t1d": type_1,
                "has_t2d": not type_1,
            }
        )
    return classified


# -- people -----------------------------------------------------------------------------------------

REGISTERS = (
    *("bef", "lmdb", "lab_forsker", "sysi", "sssy", "lpr_adm", "lpr_diag"),
    *("lpr3f_kontakter", "lpr3f_diagnoser", "lpr3a_kontakt", "lpr3a_diagnose"),
)
CODES = ["DE100", "DE109", "DE110", "DE119", "DE149", "DE159", "DO800", "DZ339", "DI251", "DO859"]
ATC = ["A10AB01", "A10AE56", "A10AE04", "A10BA02", "A10BA02", "A10BB12", "A10BJ02", "A10BK01", "A10BK02", "A10BK03", "C10AA01"]
SPECIALTIES = ["Medicinsk endokrinologi", "endokrinologi", "geriatri", "HÆMATOLOGI", "thoraxkirurgi", "onkologi", None]


def draw_registers(seed: int, people: int) -> Registers:
    """Return registers of people who have much on few days, so that rows meet; some are missing from the population."""
    chance = random.Random(seed)
    raw: Registers = {name: [] for name in REGISTERS}
    for number in range(people):
        pnr = f"{seed:02}{number:08}"
        if chance.random() < 0.9:
            birth = Day(chance.choice([1950, 1957, 1958, 1985]), chance.choice([1, 6]), chance.randint(1, 28))
            raw["bef"].append({"pnr": pnr, "koen": chance.choice([1, 2, 2]), "foed_dato": birth})
        first = Day(1997, 1, 1) + days(chance.randint(0, 500))
        dates = [first + days(chance.choice([0, 1, 7, 84, 85, 100, 179, 180, 181, 279, 280, 281, 600])) for _ in range(6)]
        for name, row in _draw_person(pnr, dates, chance):
            raw[name].append(row)
    for rows in raw.values():
        chance.shuffle(rows)
    return raw


def _draw_person(pnr: str, dates: list[Day], chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a person's rows with the names of their registers; some persons have little in a register, others much."""
    for _ in range(chance.choice([0, 1, 2, 5])):
        row = {"pnr": pnr, "eksd": chance.choice(dates), "atc": chance.choice(chance.choice([ATC, ATC[:1], ATC[:5]]))}
        doses = {"volume": chance.choice([5.0, 10.0, 33.3333, 0.1, 20.0, None]), "apk": chance.choice([1.0, 1.0, 2.0, 3.0, None])}
        yield "lmdb", {**row, **doses, "indo": chance.choice(["", "", "0000276", "0000781", "1234567"])}
    for _ in range(chance.choice([0, 0, 1, 2])):
        value = chance.choice([("NPU27300", 47.9), ("NPU27300", 48.0), ("NPU03835", 6.4), ("NPU03835", 6.5), ("DNK35302", 90.0)])
        yield "lab_forsker", {"pnr": pnr, "samplingdate": chance.choice(dates), "analysiscode": value[0], "value": value[1]}
    for place in range(chance.choice([0, 0, 1, 2])):
        service = {"pnr": pnr, "barnmak": chance.choice([0, 0, 0, 1]), "speciale": chance.choice(["540101", "54", "530101"])}
        yield chance.choice(["sysi", "sssy"]), {**service, "honuge": chance.choice(["9701", "9753", "0101", "101"][place:])}
    for place in range(chance.choice([0, 1, 2, 4])):
        key, day = f"r{pnr}{place}", chance.choice(dates)
        yield (
            "lpr_adm",
            {"pnr": pnr, "recnum": key, "d_inddto": day, "c_spec": chance.choice(["08", "8", "01", "30", "31", "00", ""])},
        )
        for _ in range(chance.choice([0, 1, 2, 3])):
            code = chance.choice([*CODES, "24900", "25009", "24800"])
            yield "lpr_diag", {"recnum": key, "c_diag": code, "c_diagtype": chance.choice(["A", "A", "B", "C", "+"])}
    for place in range(chance.choice([0, 0, 1, 2])):
        key, day = f"k{pnr}{place}", chance.choice(dates)
        contact = {"pnr": pnr, "dw_ek_kontakt": key, "lprindberetningssystem": chance.choice([None, "LPR3", "LPR2", "MINIPAS"])}
        specialty = chance.choice(SPECIALTIES)
        code, kind, ruled_out = (
            chance.choice([*CODES, "24900"]),
            chance.choice(["A", "B", "C"]),
            chance.choice(["Nej", "Nej", "Ja", None]),
        )
        told = chance.choice(["f", "a", "fa"])  # LPR_A replaces LPR_F: often both tell a contact
        if "f" in told:
            yield "lpr3f_kontakter", {**contact, "dato_start": day, "hovedspeciale_ans": specialty}
            yield (
                "lpr3f_diagnoser",
                {"dw_ek_kontakt": key, "diagnosekode": code, "diagnosetype": kind, "senere_afkraeftet": ruled_out},
            )
        if "a" in told:
            yield "lpr3a_kontakt", {**contact, "kont_starttidspunkt": day, "kont_ans_hovedspec": specialty}
            yield "lpr3a_diagnose", {"dw_ek_kontakt": key, "diag_kode": code, "diag_type": kind, "senere_afkraeftet": ruled_out}
