"""The exact interval of a share (Clopper and Pearson), 95 %."""

from math import comb

TAIL = 0.025


def at_most(hits: int, tries: int, share: float) -> float:
    """The chance of no more than so many hits."""
    return sum(comb(tries, k) * share**k * (1 - share)**(tries - k) for k in range(hits + 1))


def solved(is_low) -> float:
    """The share at which `is_low` changes from true to false."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if is_low(middle) else (low, middle)
    return low


def interval(hits: int, tries: int) -> tuple:
    low = 0.0 if hits == 0 else solved(lambda share: 1 - at_most(hits - 1, tries, share) < TAIL)
    high = 1.0 if hits == tries else solved(lambda share: at_most(hits, tries, share) > TAIL)
    return low, high


def text(hits: int, tries: int) -> str:
    if tries == 0:
        return "-"
    low, high = interval(hits, tries)
    return f"{hits} of {tries} ({low * 100:.0f} to {high * 100:.0f} %)"
