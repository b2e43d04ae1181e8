"""What a soak is judged by."""

from soaklane import slope

MOST_BYTES_A_PROCESS = 1
# A part of the time, and at least so many seconds: then the pids have come back once, and the tables of what ended in
# the last ten seconds have been full.
WARM_UP, LEAST_WARM_UP = 0.1, 30
LEAST_SAMPLES = 2 * slope.STRETCHES
# The stream may take so much longer than its timetable.
MOST_LONGER = 1.01


def warm_up(seconds: float) -> float:
    """After so many seconds memory and descriptors are held to be settled."""
    return max(WARM_UP * seconds, LEAST_WARM_UP)


def settled(samples: list, seconds: float) -> list:
    """Those after the warm-up."""
    return [one for one in samples if one["at_s"] >= warm_up(seconds)]


def fits(samples: list) -> dict:
    """Slopes in bytes a process, of private memory and of all resident memory."""
    x = [float(one["processes"]) for one in samples]
    if len(x) < LEAST_SAMPLES or x[0] == x[-1]:
        return {}
    return {name: slope.interval(x, [float(one[name]) for one in samples]) for name in ("anon", "rss")}


def memory(found: dict) -> str:
    """`ok`, or what is wrong."""
    if not found:
        return "too few samples: no verdict"
    if max(one["high"] for one in found.values()) <= MOST_BYTES_A_PROCESS:
        return "ok"
    grows = any(one["low"] > MOST_BYTES_A_PROCESS for one in found.values())
    return "grows" if grows else "cannot be told: the interval reaches beyond 1 byte a process"


def descriptors(samples: list) -> str:
    """Flat: one that asks /proc has a few more open for as long as that takes, so the least of each stretch counts."""
    if len(samples) < LEAST_SAMPLES:
        return "too few samples: no verdict"
    cuts = [at * len(samples) // slope.STRETCHES for at in range(slope.STRETCHES + 1)]
    least = [min(one["descriptors"] for one in samples[a:b]) for a, b in zip(cuts, cuts[1:])]
    return "ok" if len({*least}) == 1 else f"at least {', '.join(map(str, least))} in one stretch after the other"


def events(compared: dict) -> str:
    wrong = {name: compared[name] for name in ("pids_that_differ", "wrong_parent", "not_understood", "status_not_told")}
    wrong |= {f"{what} {kind}": one[what] for kind, one in compared["kinds"].items() for what in ("missed", "extra")}
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in wrong.items() if count) or "ok"


def ended(code: int, summary: str) -> str:
    if code:
        return f"ended with exit code {code}"
    return "ok" if summary.endswith("no loss reported") else "reported a loss"


def stream(forker: dict, forks: int, seconds: float) -> dict:
    """Of the stream of processes, by what is asked of it."""
    whole = (forker["begun"], forker["reaped"], forker["wrong_status"]) == (forks, forks, 0)
    failed = f"{forker['begun']} begun, {forker['reaped']} waited for, {forker['wrong_status']} with a wrong status"
    return {"all processes": "ok" if whole else f"{failed}, errno {forker['failed_errno']}",
            "timetable": "ok" if forker["took_s"] <= seconds * MOST_LONGER else f"took {forker['took_s']:.0f} s",
            "wrap of the pids": "ok" if forker["wraps"] else "none: more --forks, or a lower kernel.pid_max"}


def of_watch(one: dict, samples: list, seconds: float) -> dict:
    """Adds its slopes and verdicts to what was found."""
    after = settled(samples, seconds)
    one["slopes"] = fits(after)
    return {"events": events(one["compared"]), "memory": memory(one["slopes"]), "descriptors": descriptors(after),
            "end": ended(one["exit_code"], one["summary"])}


def all_ok(soak: dict) -> bool:
    words = [*soak["stream"]["verdicts"].values()]
    words += [word for one in soak["watches"].values() for word in one["verdicts"].values()]
    return all(word == "ok" for word in words)
