"""scripts/check-kernels must find what is wrong with a record: each fault is planted in a good one."""

import json
import subprocess
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).parents[3]


class CheckKernels(unittest.TestCase):
    def check(self, spoil=lambda summary: None, kernel="6.1"):
        """Its exit code and words for a committed record that `spoil` has changed."""
        summary = json.loads((TOP / "results/kernels" / kernel / "summary.json").read_text())
        spoil(summary)
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "summary.json").write_text(json.dumps(summary))
            done = subprocess.run([TOP / "scripts/check-kernels", folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def finds(self, part, spoil, kernel="6.1"):
        code, said = self.check(spoil, kernel)
        self.assertEqual(code, 1, said)
        self.assertIn(part, said)

    def test_good_records(self):
        kernels = [path.parent.name for path in TOP.glob("results/kernels/*/summary.json")]
        kernels += [f"../arm64/{path.parent.name}" for path in TOP.glob("results/arm64/*/summary.json")]
        self.assertGreaterEqual(len(kernels), 4)
        for kernel in kernels:
            with self.subTest(kernel=kernel):
                code, said = self.check(kernel=kernel)
                self.assertEqual(code, 0, said)

    def test_times_that_seem_to_mean_something(self):
        said = "the record does not say that its times mean nothing"
        self.finds(said, lambda summary: summary["record"]["machine"].pop("correctness_only"))
        for value in (False, None, "true"):
            with self.subTest(value=value):
                self.finds(said, lambda summary: summary["record"]["machine"].update(correctness_only=value))

    def test_a_series_without_headers(self):
        def no_headers(status):
            def spoil(summary):
                summary["record"]["machine"]["kernel"] = "6.18.15+deb13-cloud-amd64"
                for cell in summary["cells"]:
                    if cell["configuration"].startswith("kmod"):
                        cell.update(status=status)
            return spoil
        self.finds("under kmod{hook=table}: ok", no_headers("ok"))
        self.assertNotIn("kmod", self.check(no_headers("unavailable"))[1])

    def test_arm64_looks_into_its_table(self):
        def arm(summary):
            summary["record"]["machine"]["kernel"] = "6.12.117+deb12-cloud-arm64"
        # As on x86-64, where nothing is seen.
        self.finds("execs missed", arm)
        self.assertEqual(self.check(arm, kernel="5.10")[0], 0)

    def test_the_module_was_not_there(self):
        def leave_out(summary):
            summary["cells"] = [cell for cell in summary["cells"] if "hook=table" not in cell["configuration"]]
        self.finds("kmod{hook=table} is not in it", leave_out)

    def test_the_table_is_told_the_wrong_way(self):
        def swap(field, value):
            def spoil(summary):
                for cell in summary["cells"]:
                    if cell["configuration"] == "kmod{hook=table}":
                        cell[field] = value
            return spoil
        self.finds("seen through a table that the kernel does not look into", swap("blind", False))
        self.finds("execs missed", swap("blind", True), kernel="5.10")


if __name__ == "__main__":
    unittest.main()
