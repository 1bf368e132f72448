"""Results in words: a step that went wrong, a count, a size."""

from collections.abc import Iterable, Sequence

from ids_build.results import Outlook, Proof, Result, RunResults

TABLES = ("model", "seed")
_MOST_NAMES = 5


def describe_fault(result: Result) -> str:
    """Return a failed, warned or broken step in the form of our errors: place, thing, reason, hint."""
    place = f"{result.at}  " if result.at else ""
    words = {"error": "error", "fail": "failed", "warn": "warning"}[result.status]
    kind = "" if result.resource in TABLES else f"{result.resource.replace('_', ' ')} "
    text = f"{place}{kind}'{result.name}' {words}: {result.message or 'no reason given'}"
    return f"{text}\n  hint: {result.hint}" if result.hint else text


def describe_counts(results: RunResults) -> str:
    """Return the last line of a run."""
    tables = [result for result in results.results if result.resource in TABLES]
    tests = [result for result in results.results if result.resource not in TABLES]
    parts: list[str] = []
    kept = ("reused",)
    if tables:
        parts.append(f"{_count(tables, ('success',))} of {len(tables)} tables built")
        parts.extend([f"{_count(tables, kept)} reused"] if _count(tables, kept) else [])
    if tests:
        parts.append(f"{_count(tests, ('pass', 'warn', *kept))} of {len(tests)} tests passed")
        parts.extend([f"{_count(tests, kept)} of them reused"] if _count(tests, kept) else [])
    for status, word in (("warn", "warning"), ("error", "error"), ("fail", "failed test")):
        if results.count(status):
            parts.append(count_words(results.count(status), word))
    if results.count("skipped"):
        parts.append(f"{results.count('skipped')} skipped")
    if results.published:
        parts.append(f"generation {results.published.generation} published")
    what = ", ".join(parts) or "nothing to do"
    return f"{what} in {results.seconds:.1f} s"


def list_names(names: Sequence[str]) -> str:
    """Return the first names of a list and how many others there are."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def describe_touched(tables: Sequence[str], gone: Sequence[str]) -> str:
    """Return what an edit means."""
    told = [f"touched: {list_names(tables)}"] if tables else []
    told += [f"gone: {list_names(gone)}"] if gone else []
    return "; ".join(told) or "no table means anything else"


def describe_answers(results: RunResults) -> str:
    """Return the line that counts the unit tests of what was touched."""
    passed = sum(not result.failed for result in results.results)
    told = f"{passed} of {len(results.results)} unit tests passed in {results.seconds:.2f} s"
    return told if results.ok else f"{told}; nothing is built before they pass"


def count_words(number: int, word: str) -> str:
    """Return a number with its word, which gets an s unless there is one of it."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def describe_proof(proof: Proof) -> str:
    """Return what came of building an incremental model in several orders on one sample."""
    if proof.skipped:
        return f"skipped  {proof.data}: {proof.skipped}"
    orders, rows = (
        f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in ((proof.orders, "order"), (proof.rows, "row"))
    )
    tried = f"{proof.batches} batches, {orders}, {rows}"
    if not proof.told:
        return f"same     {proof.data}: {tried}; increments make what a full build makes"
    told = "".join(f"\n  {line}" for line in proof.told)
    return f"differs  {proof.data}: {tried}{told}\n  hint: {proof.hint}"


def describe_outlook(outlooks: Iterable[Outlook]) -> str:
    """Return the last line of an outlook."""
    statuses = [outlook.status for outlook in outlooks if outlook.resource in TABLES]
    told = ", ".join(f"{statuses.count(status)} {status}" for status in ("run", "may run", "reused"))
    return f"of {len(statuses)} tables {told}; nothing was built"


def describe_size(size: int | None) -> str:
    """Return bytes as a short text; empty for None."""
    if size is None:
        return ""
    number = float(size)
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.2f} GB"


def _count(results: Iterable[Result], statuses: tuple[str, ...]) -> int:
    return sum(result.status in statuses for result in results)
