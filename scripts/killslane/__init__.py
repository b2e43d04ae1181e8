"""The parts of scripts/kills. Standard library only."""

# What is killed, and for each what a cell under it may have switched on.
TECHNIQUES = {"preload": set(), "netlink": {"connector", "listeners"}, "audit": {"audit", "listeners"},
              "ebpf": {"bpf"}, "perf": {"perf_events"}, "accounting": set()}
