"""Student's law, which the intervals of slowdowns follow."""

from functools import cache
from math import exp, lgamma, pi, sqrt

STEPS = 2000


def density(x: float, df: float) -> float:
    scale = exp(lgamma((df + 1) / 2) - lgamma(df / 2)) / sqrt(df * pi)
    return scale * (1 + x * x / df) ** (-(df + 1) / 2)


def below(x: float, df: float) -> float:
    """The chance of a smaller value, by Simpson's rule from 0."""
    width = x / STEPS
    inner = sum((4 if step % 2 else 2) * density(step * width, df) for step in range(1, STEPS))
    return 0.5 + width / 3 * (density(0, df) + inner + density(x, df))


@cache
def quantile(df: float) -> float:
    """How many standard errors an interval of 95 % reaches."""
    low, high = 0.0, 13.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle, df) < 0.975 else (low, middle)
    return low
