"""A slope with a 95 % interval that neighbours which resemble each other do not make too narrow.

Memory is sampled every few seconds, and a sample is mostly the one before it: samples are not independent. Stretches that
are much longer than such a memory nearly are. So the samples are cut into consecutive stretches, each with the first
sample of the next; a line is fitted to each, and mean and t interval are of these slopes (Ibragimov and Mueller 2010)."""

import math
import statistics

STRETCHES = 8
# Of the t distribution with one degree of freedom less than stretches, two-sided 95 %.
T = 2.365


def line(x, y) -> float:
    """Slope by least squares."""
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    square = sum((one - mean_x) ** 2 for one in x)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / square


def interval(x, y) -> dict:
    """The slope of y over x and its interval; at least twice as many samples as stretches."""
    cuts = [at * (len(x) - 1) // STRETCHES for at in range(STRETCHES + 1)]
    slopes = [line(x[a:b + 1], y[a:b + 1]) for a, b in zip(cuts, cuts[1:])]
    mean, half = statistics.mean(slopes), T * statistics.stdev(slopes) / math.sqrt(STRETCHES)
    return {"slope": mean, "low": mean - half, "high": mean + half, "samples": len(x), "stretches": STRETCHES}
