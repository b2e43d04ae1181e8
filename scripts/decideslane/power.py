"""Whether a planted overhead is told, and none is not."""

from math import exp, log

from . import runs, student
from .binomial import text
from .runs import half

PLACE = "results/power"
RUNS = 20
BUDGET = "140s"
COPY = "null{copy=1}"
BURNS = ("null{burn=0.05}", "null{burn=0.1}", "null{burn=0.2}")
FAMILIES = "static-binary$,fork-bomb"
# So many half-widths are told in nine of ten runs: scoring::overhead::power.
RESOLVABLE = 1.65
# A monitor that burns counts as such an overhead within so much of it.
NEAR = 0.2
PLANTED = (0.03, 0.05, 0.10)


def command(budget: str) -> list:
    return ["run", "-m", ",".join((COPY, *BURNS)), "-w", FAMILIES, "--budget", budget]


def rows(summary: dict) -> list:
    """Every slowdown of a run; one without an interval is told as unknown."""
    return [{"workload": one["workload"], "configuration": one["configuration"], **one["slowdown"]}
            for one in summary["comparison"]
            if one["configuration"] in (COPY, *BURNS) and one["slowdown"]]


def all_of(found: list, configuration: str) -> list:
    return [row for run in found for row in run["rows"] if row["configuration"] == configuration]


def of(found: list, configuration: str) -> list:
    """Those with an interval."""
    return [row for row in all_of(found, configuration) if row["low"] is not None]


def truths(found: list) -> dict:
    """What each monitor that burns costs: all runs together, and so known better than any of them tells."""
    logs = {}
    for configuration in BURNS:
        for row in of(found, configuration):
            logs.setdefault((row["workload"], configuration), []).append(log(row["ratio"]))
    return {key: exp(sum(own) / len(own)) - 1 for key, own in logs.items()}


def told(rows_of: list, planted) -> int:
    """How many third nulls are told as more when `planted(row)` is added to all their cells: that moves the
    interval, on logarithms, by just as much, and leaves its width there as it is."""
    return sum(row["low"] * (1 + planted(row)) > 1 for row in rows_of)


def by_law(rows_of: list):
    """How often Student's law has it that `RESOLVABLE` half-widths of the run are told: an overhead is a factor and its
    logarithm less than itself, so that it is a little less often than (1.96 + 1.28) / 1.96 promises."""
    chances = []
    for row in rows_of:
        reach = log(row["high"] / row["low"]) / 2
        # The degrees of freedom of a variance of so many blocks: harness/scoring/src/overhead/two_way.rs.
        df = row["pairs"]
        beyond = log(1 + RESOLVABLE * half(row)) / reach - 1
        chances.append(student.below(beyond * student.quantile(df), df))
    return sum(chances) / len(chances) if chances else None


def judged(found: list) -> dict:
    """The counts that are asked for."""
    nulls = of(found, COPY)
    known = truths(found)
    near = [row for configuration in BURNS for row in of(found, configuration)
            if abs(known[row["workload"], configuration] / half(row) / RESOLVABLE - 1) <= NEAR]
    return {
        "all": len(all_of(found, COPY)),
        "quiet": sum(row["verdict"] in ("none", "unknown") for row in all_of(found, COPY)),
        "nulls": len(nulls),
        "told": told(nulls, lambda row: RESOLVABLE * half(row)),
        "by_law": by_law(nulls),
        "near": len(near),
        "near_told": sum(row["verdict"] == "more" for row in near),
        "power": {f"{planted:g}": told(nulls, lambda _, x=planted: x) for planted in PLANTED},
        "half_width": sum(map(half, nulls)) / len(nulls) if nulls else None,
    }


def page(found: list) -> str:
    counts, known = judged(found), truths(found)
    nulls = counts["nulls"]
    width, law = ("-" if counts[key] is None else f"{counts[key] * 100:.1f} %" for key in ("half_width", "by_law"))
    lines = [
        "# Whether a planted overhead is told", "",
        f"`scripts/decides power` wrote this page: {runs.about(found)} Each has a third `null` that is treated as a configuration "
        "and three monitors that keep 5, 10 and 20 % of every CPU busy, on two families. The brackets are exact binomial "
        "intervals of 95 %; intervals of one run share its blocks' machine, not its noise.", "",
        f"Mean half-width of the third `null`: {width}. By Student's law, {RESOLVABLE} half-widths of these runs are told in {law}.", "",
        "| planted | told as more | asked for |", "|---|---:|---:|",
        f"| nothing: told as none or unknown | {text(counts['quiet'], counts['all'])} | 95 % |",
        f"| {RESOLVABLE} half-widths of the run, added to the third `null`'s cells | {text(counts['told'], nulls)} | 90 % |",
        f"| {RESOLVABLE} half-widths of the run, within {NEAR:.0%}, by monitors that burn | {text(counts['near_told'], counts['near'])} | 90 % |",
    ]
    lines += [f"| {float(planted):.0%}, added to the third `null`'s cells | {text(hits, nulls)} | |"
              for planted, hits in counts["power"].items()]
    lines += ["", "What the monitors that burn cost, all runs together:", "", "| monitor | workload | overhead | told as more |",
              "|---|---|---:|---:|"]
    for (workload, configuration), overhead in sorted(known.items()):
        rows_of = [row for row in of(found, configuration) if row["workload"] == workload]
        hits = sum(row["verdict"] == "more" for row in rows_of)
        lines.append(f"| `{configuration}` | {workload} | {overhead * 100:+.1f} % | {text(hits, len(rows_of))} |")
    return "\n".join(lines) + "\n"
