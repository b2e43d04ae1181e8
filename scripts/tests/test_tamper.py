"""scripts/tamper: which acts there are, how an adversary is started, and what cells say together."""

import json
import tempfile
import unittest
from pathlib import Path

from tamperlane import adversary, guest, page, plan
from tamperlane.watched import Watch


def cell(result: str, told=None, lost=0, who="root", by="the monitor", status="ok"):
    tamper = {"result": result, "events_due": 10, "events_unseen": lost, "events_lost": lost, "events_forged": 0,
              "told_s": told, "told_by": by if told else "", "said": "words" if told else "", "answer": ""}
    return {"workload": "tamper/audit-off", "technique": "audit", "configuration": "audit", "adversary": who, "status": status,
            "guest": None, "kernel": "6.1", "commit": "abc",
            "error": None if status == "ok" else "why", "tamper": tamper if status == "ok" else None}


class Plan(unittest.TestCase):
    def test_each_act_has_a_name_of_its_own_and_an_analysis(self):
        names = [act.name for act in plan.ACTS]
        self.assertEqual(len(names), len(set(names)))
        self.assertTrue(all(len(act.analysis) > 20 for act in plan.ACTS))
        for technique in plan.TECHNIQUES:
            self.assertTrue(any(technique in act.techniques for act in plan.ACTS), technique)

    def test_options_of_an_act_join_those_of_the_technique(self):
        flood = next(act for act in plan.ACTS if act.name == "kmod-flood")
        self.assertEqual(plan.label(flood, "kmod{hook=table}"), "kmod{hook=table,ring=16k}")
        self.assertEqual(guest.technique("5.10"), plan.KMOD[0])
        self.assertEqual(guest.technique("7.x"), plan.KMOD[1])

    def test_the_capabilities_of_a_container_are_no_more_than_its_own(self):
        words = adversary.command("capabilities", 7, ["act"])
        sets = next(word for word in words if word.startswith("--bounding-set="))
        self.assertIn("-all", sets)
        self.assertNotIn("sys_admin", sets)
        self.assertEqual(adversary.command("root", 7, ["act"]), ["act"])


class Together(unittest.TestCase):
    def test_the_worst_counts_and_disagreement_is_said(self):
        one = page.summary([cell("told", 0.1), cell("told late", 2.0), cell("told", 0.2)])[0]
        self.assertEqual((one["result"], one["same"], one["repetitions"]), ("told late", False, 3))

    def test_an_interval_of_three_is_that_of_t(self):
        mean, low, high = page.interval([0.7, 0.71, 0.72])
        self.assertAlmostEqual(mean, 0.71)
        self.assertAlmostEqual(high - mean, 4.303 * 0.01 / 3 ** 0.5, places=3)
        self.assertAlmostEqual(mean - low, high - mean, places=3)
        self.assertEqual(page.interval([1.0]), [1.0, None, None])

    def test_a_cell_that_failed_is_said_and_has_no_result(self):
        one = page.summary([cell("told", status="failed")])[0]
        self.assertNotIn("result", one)
        self.assertEqual((one["status"], one["error"]), ("failed", "why"))

    def test_an_entry_names_where_and_of_what_code_its_cells_are(self):
        one = page.summary([cell("told", 0.1), {**cell("told", 0.1), "commit": "abd"}])[0]
        self.assertEqual((one["guest"], one["kernels"], one["commits"]), (None, ["6.1"], ["abc", "abd"]))


class Reported(unittest.TestCase):
    def test_programs_that_only_pass_the_mark_on_do_not_count(self):
        events = [{"kind": "exec", "pid": 1, "argv": ["env", "act", "linger", "0", "m1"]},
                  {"kind": "exec", "pid": 2, "argv": ["act", "linger", "0", "m2"]},
                  {"kind": "exec", "pid": 3, "argv": None}, {"kind": "exit", "pid": 4}]
        watch = Watch.__new__(Watch)
        watch.out = Path(self.enterContext(tempfile.TemporaryDirectory())) / "events"
        watch.out.write_text("".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events))
        self.assertEqual(watch.reported("exec", "m"), ({1, 2, 3}, {"m2"}))
        self.assertEqual(watch.reported("exit", "m")[0], {4})


if __name__ == "__main__":
    unittest.main()
