"""How long and how narrow the default comparison is."""

from . import runs
from .binomial import text

PLACE = "results/default-runs"
RUNS = 10
# Half-widths of a slowdown, on each family and over all, and seconds of each part: what is asked for.
EACH, OVER_ALL = 0.07, 0.04
SECONDS = {"overhead": 135, "loss": 60, "whole": 195}


def command(_budget: str) -> list:
    return ["run"]


def rows(summary: dict) -> list:
    """The half-width of every slowdown that is measured, on a family (`workload`) or over all (`null`)."""
    each = [(one["workload"], one) for one in summary["comparison"]] + [(None, one) for one in summary["overhead"]]
    return [{"workload": workload, "configuration": one["configuration"], "half_width": runs.half(one["slowdown"])}
            for workload, one in each if one["configuration"] != "null" and one.get("slowdown")]


def reached(run: dict, over_all: bool, limit: float) -> bool:
    widths = [row["half_width"] for row in scope(run, over_all)]
    return run["exit"] == 0 and bool(widths) and all(width is not None and width <= limit for width in widths)


def scope(run: dict, over_all: bool) -> list:
    """The rows over all workloads, or those of each."""
    return [row for row in run["rows"] if (row["workload"] is None) == over_all]


def in_time(run: dict, part: str) -> bool:
    took = run["seconds"][part]
    return run["exit"] == 0 and took is not None and took <= SECONDS[part] and (part != "loss" or all_tested(run))


def all_tested(run: dict) -> bool:
    """Cells that end before they test the reader save time, and answer nothing."""
    return run["sustained"]["tested"] == run["sustained"]["cells"]


def judged(found: list) -> dict:
    """In how many runs what was asked for is so."""
    return {
        "runs": len(found),
        "each": sum(reached(run, False, EACH) for run in found),
        "over_all": sum(reached(run, True, OVER_ALL) for run in found),
        "both": sum(reached(run, False, EACH) and reached(run, True, OVER_ALL) for run in found),
        **{part: sum(in_time(run, part) for run in found) for part in SECONDS},
        "tested": sum(run["exit"] == 0 and all_tested(run) for run in found),
    }


def page(found: list) -> str:
    counts = judged(found)
    n = counts["runs"]
    lines = [
        "# The default comparison, run after run", "",
        f"`scripts/decides default` wrote this page: {runs.about(found)}", "",
        "| asked for | runs in which it is so |", "|---|---:|",
        f"| half-width of each slowdown on each family at most {EACH:.0%} | {text(counts['each'], n)} |",
        f"| half-width of each slowdown over the families at most {OVER_ALL:.0%} | {text(counts['over_all'], n)} |",
        f"| both | {text(counts['both'], n)} |",
    ]
    lines += [f"| {part}: at most {seconds} s{', and every cell tests the reader' if part == 'loss' else ''} | {text(counts[part], n)} |"
              for part, seconds in SECONDS.items()]
    lines.append(f"| every sustained cell tests the reader | {text(counts['tested'], n)} |")
    lines += ["", "Seconds, and the widest half-width of each run. Noise: by how much the cells of a block differ that ought not to "
              "(standard deviation); it is the machine's, and the half-widths follow it.", "",
              "| run | load | noise | overhead | loss | whole | tested | widest on a family | widest over all |",
              "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for run in found:
        seconds = " | ".join("-" if run["seconds"][part] is None else f"{run['seconds'][part]:.0f}" for part in SECONDS)
        tested = f"{run['sustained']['tested']} of {run['sustained']['cells']}" if run["exit"] == 0 else "-"
        noise = "-" if run.get("noise") is None else f"{run['noise'] * 100:.1f} %"
        lines.append(f"| {run['seed']} | {run['load']:.1f} | {noise} | {seconds} | {tested} | {widest(run, False)} | {widest(run, True)} |")
    lines += ["", "Half-widths by configuration and family (mean; how many runs are within the limit):", "",
              "| configuration | workload | mean | within |", "|---|---|---:|---:|"]
    for key in sorted({(row["configuration"], row["workload"] or "") for run in found for row in run["rows"]}):
        widths = [row["half_width"] for run in found for row in run["rows"]
                  if (row["configuration"], row["workload"] or "") == key and row["half_width"] is not None]
        limit = EACH if key[1] else OVER_ALL
        mean = f"{sum(widths) / len(widths) * 100:.1f} %" if widths else "-"
        lines.append(f"| `{key[0]}` | {key[1] or 'all'} | {mean} | {sum(width <= limit for width in widths)} of {n} |")
    return "\n".join(lines) + "\n"


def widest(run: dict, over_all: bool) -> str:
    known = [row for row in scope(run, over_all) if row["half_width"] is not None]
    if not known:
        return "-"
    at = max(known, key=lambda row: row["half_width"])
    where = at["configuration"] + (f", {at['workload']}" if at["workload"] else "")
    return f"{at['half_width'] * 100:.1f} % ({where})"
