"""Results in words: a step that went wrong, a count, a size."""

from collections.abc import Iterable

from ids_build.results import Outlook, Proof, Result, RunResults

TABLES = ("model", "seed")


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
    for status, word in (("warn", "warnings"), ("error", "errors"), ("fail", "failed tests"), ("skipped", "skipped")):
        number = results.count(status)
        if number:
            parts.append(f"{number} {word}")
    if results.published:
        parts.append(f"generation {results.published.generation} published")
    what = ", ".join(parts) or "nothing to do"
    return f"{what} in {results.seconds:.1f} s"


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
