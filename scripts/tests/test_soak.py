"""scripts/soak: what is compared, the slope and its interval, the verdicts, and the page of the committed record."""

import json
import random
import unittest

from soaklane import lives, page, slope, verdicts

ROOT = 9


def line(kind, pid, ppid=ROOT, status="null"):
    return (f'{{"kind":"{kind}","pid":{pid},"ppid":{ppid},"happened_ns":1,"received_ns":2,"exe":"/a","argv":["\\"status\\":7"],'
            f'"status":{status}}}\n').encode()


def told(*lines) -> lives.Reported:
    """In chunks that cut lines anywhere."""
    reported, text = lives.Reported(ROOT), b"".join(lines)
    for at in range(0, len(text), 7):
        reported.take(text[at:at + 7])
    return reported


def of(pids, exec_every=3):
    """Every event of these, as it was."""
    out = []
    for number, pid in enumerate(pids):
        out.append(line("fork", pid))
        if number % exec_every == exec_every - 1:
            out.append(line("exec", pid))
        out.append(line("exit", pid, status=256 * number))
    return out


class Lives(unittest.TestCase):
    PIDS = [100, 101, 102, 100, 101, 102, 100]

    def compared(self, *lines):
        return lives.compare(lives.true_rows(self.PIDS, 3), told(*lines))

    def test_all_is_told(self):
        found = self.compared(line("exec", ROOT), *of(self.PIDS), line("exit", ROOT, 1, 0))
        self.assertEqual(found["kinds"], {kind: {"truths": count, "reported": count, "missed": 0, "extra": 0}
                                          for kind, count in (("fork", 7), ("exec", 2), ("exit", 7))})
        self.assertEqual((verdicts.events(found), found["root_events"]), ("ok", {"exec": 1, "exit": 1}))

    def test_each_fault_is_found(self):
        right = of(self.PIDS)
        for wrong, say in (
                (right[1:], "1 pids that differ, 1 missed fork"),
                (right[:-1], "1 pids that differ, 1 missed exit"),
                ([*right, right[-1]], "1 pids that differ, 1 extra exit"),
                # One life's exit twice, and another's of the same pid never: the counts agree.
                ([right[1] if one == right[8] else one for one in right], "1 pids that differ, 1 missed exit, 1 extra exit"),
                ([right[1], right[0], *right[2:]], "1 pids that differ"),
                ([*right, line("fork", 7)], "1 pids that differ, 1 extra fork"),
                ([line("fork", 100, 1), *right[1:]], "1 wrong parent"),
                ([*right, b"what is this\n"], "1 not understood"),
                ([*right, right[0][:20]], "1 not understood"),
                ([right[0], line("exit", 100), *right[2:]], "1 pids that differ, 1 status not told, 1 missed exit, 1 extra exit")):
            with self.subTest(say=say):
                self.assertEqual(verdicts.events(self.compared(*wrong)), say)

    def test_where_it_was(self):
        self.assertEqual(self.compared(*of(self.PIDS)[:-1])["where"], [{"pid": 100, "life": 2}])

    def test_wraps(self):
        self.assertEqual([lives.wraps(pids) for pids in ([5, 6, 7], [5, 4, 6], self.PIDS, [30000, 300, 301, 30000, 300])],
                         [0, 0, 0, 2])


class Slope(unittest.TestCase):
    def series(self, chance, true, memory=0.95, length=200):
        y, error = [], 0.0
        for at in range(length):
            error = memory * error + chance.gauss(0, 1)
            y.append(true * at + error)
        return [float(at) for at in range(length)], y

    def test_a_line_is_found(self):
        x = [float(at) for at in range(50)]
        found = slope.interval(x, [3 * at + 7 for at in x])
        self.assertAlmostEqual(found["low"], 3, places=6)
        self.assertAlmostEqual(found["high"], 3, places=6)

    def test_intervals_hold_although_neighbours_resemble_each_other(self):
        chance, inside = random.Random(4), 0
        for _ in range(100):
            found = slope.interval(*self.series(chance, 0.5))
            inside += found["low"] <= 0.5 <= found["high"]
        self.assertGreaterEqual(inside, 95)


class Verdicts(unittest.TestCase):
    def samples(self, bytes_a_process, after=0):
        return [{"at_s": at, "processes": 1000 * at, "descriptors": 9 + at % 3 + (after if at > 50 else 0),
                 "anon": 5e6 + 1e3 * bytes_a_process * at + (0 if at >= 30 else 1e6), "rss": 9e6} for at in range(100)]

    def test_memory(self):
        for slope_of, word in ((0.5, "ok"), (1.5, "grows")):
            self.assertEqual(verdicts.memory(verdicts.fits(verdicts.settled(self.samples(slope_of), 100))), word)
        self.assertIn("no verdict", verdicts.memory(verdicts.fits(self.samples(0)[:3])))

    def test_descriptors(self):
        self.assertEqual([verdicts.descriptors(self.samples(0, after)) for after in (0, 1)], ["ok", "at least 9, 9, 9, 9, 10, 10, 10, 10 in one stretch after the other"])

    def test_stream(self):
        forker = {"begun": 10, "reaped": 10, "wrong_status": 0, "failed_errno": 0, "took_s": 5.0, "wraps": 1}
        self.assertEqual(set(verdicts.stream(forker, 10, 5).values()), {"ok"})
        for change in ({"begun": 9}, {"wrong_status": 1}, {"took_s": 6.0}, {"wraps": 0}):
            self.assertEqual(len({*verdicts.stream(forker | change, 10, 5).values()}), 2, change)

    def test_end(self):
        self.assertEqual([verdicts.ended(0, "a; no loss reported"), verdicts.ended(0, "a; lost: 1 b"), verdicts.ended(1, "")],
                         ["ok", "reported a loss", "ended with exit code 1"])


class Page(unittest.TestCase):
    def test_one_that_is_committed_is_what_its_figures_give(self):
        for path in (page.TOP / "results").glob("soak*/soak.json"):
            self.assertEqual(path.with_name("README.md").read_text(), page.page(json.loads(path.read_text())))


if __name__ == "__main__":
    unittest.main()
