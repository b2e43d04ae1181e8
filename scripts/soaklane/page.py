"""README.md of a soak, from soak.json alone: `scripts/records --check` makes it again."""

import shlex
from pathlib import Path

TOP = Path(__file__).parents[2]
WHY = """The watches ran together, one hour over one stream of processes. That is the harder test: each had a share of the CPUs
that the others left, each was held up by what the others cost the kernel and the processes, and every event had to be
read four times."""
HOW = """`--pid` of the parent of all processes was given to each, so its table of processes is in the memory as well. What
was told of each pid is compared in its order with what the parent wrote down: pids come back after a wrap, so a pid is a
row of lives, each with the exit code that only its number gives. The exec of a process is known by its pid and its
place in that row; its path and arguments are not compared here. Memory is that of the process, from smaps_rollup: `private` is
anonymous memory, `resident` all that is mapped and there. The ring that preload shares with its programs is shared
memory: it is part of `resident` and listed apart. Memory in the kernel (socket queues, BPF maps, the backlog of audit) is
in neither. After the warm-up a line is fitted to each of eight stretches of samples: the slope is
the mean of theirs, and its 95 % interval is from their spread (t), which holds although a sample is mostly the one before
it (at least 93 in 100, also of a random walk). Its upper end is held against 1 byte a process."""


def number(value) -> str:
    return f"{value:,}"


def row(*cells) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def table(head, rows) -> list:
    return [row(*head), "|" + "---|" * len(head), *(row(*one) for one in rows), ""]


def slope(one: dict) -> str:
    return f"{one['slope']:.3f} ({one['low']:.3f} to {one['high']:.3f})" if one else "-"


def mib(value) -> str:
    return f"{value / 2**20:.1f}"


def stream(soak: dict) -> list:
    one = soak["stream"]
    lines = [f"{number(one['begun'])} processes in {one['took_s']:.0f} s, at most {one['most_behind_s']:.2f} s behind the "
             f"timetable, every {soak['exec_every']}th with an exec; the counter of pids (kernel.pid_max "
             f"{soak['machine']['pid_max']}) began again {number(one['wraps'])} times.", ""]
    return lines + table(("stream", "verdict"), one["verdicts"].items())


def verdicts(watches: dict) -> list:
    names = ("events", "memory", "descriptors", "end")
    return table(("watch", *names), [(name, *(one["verdicts"][each] for each in names)) for name, one in watches.items()])


def events(watches: dict) -> list:
    rows = [(name, kind, *(number(one[each]) for each in ("truths", "reported", "missed", "extra")))
            for name, watch in watches.items() for kind, one in watch["compared"]["kinds"].items()]
    return table(("watch", "kind", "true", "reported", "missed", "extra"), rows)


def memory(watches: dict) -> list:
    rows = [(name, slope(one["slopes"].get("anon")), slope(one["slopes"].get("rss")), mib(one["last"]["anon"]),
             mib(one["last"]["rss"]), mib(one["last"]["shm"]), one["last"]["descriptors"], f"{one['cpu_us_per_process']:.1f}")
            for name, one in watches.items()]
    return table(("watch", "private, bytes a process", "resident, bytes a process", "private at the end, MiB", "resident, MiB",
                  "of that shared, MiB", "descriptors", "CPU, us a process"), rows)


def page(soak: dict) -> str:
    machine, watches = soak["machine"], soak["watches"]
    lines = ["# Soak", "", f"`{shlex.join(soak['command'])}`", "",
             f"Begun {soak['started']}, commit `{soak['commit']}`; Linux {machine['kernel']}, {machine['cpus']} CPUs "
             f"({machine['cpu']}), {machine['memory_bytes'] / 2**30:.0f} GiB. Sampled every {soak['sample_s']:g} s, warm-up "
             f"{soak['warm_up_s']:g} s (`samples.csv`).", "", *WHY.replace("one hour", soak["length"]).split("\n"), ""]
    lines += [*stream(soak), *verdicts(watches), *events(watches), *memory(watches), *HOW.split("\n"), "",
              "What each said last:", ""]
    lines += [f"- `{one['summary']}`" for one in watches.values()]
    return "\n".join(lines) + "\n"
