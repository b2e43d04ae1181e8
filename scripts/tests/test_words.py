"""Words that the first table of docs/METHODOLOGY.md replaces appear in no file and no file name. Links between
documents lead somewhere."""

import re
import subprocess
import unittest
from pathlib import Path

TOP = Path(__file__).parents[2]
# In brackets, so that this file does not contain them.
GONE = "momen[t]s?|latenes[s]|contestan[t]s?|invente[d]|onlooke[r]|examine[r]|tool[s]? of somebody else"


def git(*words):
    return subprocess.run(["git", *words], cwd=TOP, capture_output=True, text=True, check=False).stdout.splitlines()


class Words(unittest.TestCase):
    def test_no_file_has_them(self):
        self.assertEqual(git("grep", "-iwnE", GONE, "--", ".", ":!CHANGELOG.md", ":!Cargo.lock", ":!results"), [])

    def test_no_name_has_them(self):
        self.assertEqual([name for name in git("ls-files", ".", ":!results") if re.search(GONE, name, re.I)], [])


class Links(unittest.TestCase):
    def test_they_lead_somewhere(self):
        for name in git("ls-files", "*.md"):
            path = TOP / name
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            anchors = {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-")
                       for line in re.findall(r"^#+ (.*)$", text, re.M)}
            for target, anchor in re.findall(r"\]\((?!http)([^)#\s]*)(?:#([^)\s]*))?\)", text):
                with self.subTest(page=name, target=target, anchor=anchor):
                    self.assertTrue(not target or (path.parent / target).exists())
                    self.assertTrue(target or anchor in anchors)


if __name__ == "__main__":
    unittest.main()
