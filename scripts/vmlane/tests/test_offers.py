"""What is read from an index. indexes/ has what apt-cache said on 2026-11-29, the fields that are read: then the
pinned linux-kbuild-6.1 was gone, and the newest 6.1 image waited for its signature."""

import re
import unittest
from pathlib import Path

from vmlane import offers

HERE = Path(__file__).parent
SECURITY = (HERE / "indexes/bookworm-security").read_text()
BACKPORTS = (HERE / "indexes/trixie-backports").read_text()
# Of the first 6.1 in bookworm: as text it is newer than 6.1.0-56 and 6.1.192.
NINE = "\n" + "\n\n".join(
    f"Package: linux-{name}\nVersion: 6.1.27-1\n{more}SHA256: 9\n" for name, more in ((
        "image-6.1.0-9-cloud-amd64", ""), ("headers-6.1.0-9-common", ""),
        ("headers-6.1.0-9-cloud-amd64",
         "Depends: linux-headers-6.1.0-9-common (= 6.1.27-1), linux-kbuild-6.1 (>= 6.1.27-1)\n")))
PIN = offers.Pin("6.1.0-56-cloud-amd64", "6.1.192-2",
                 "e7d02b943971edcb8790e256c02cfab3bca6c3d37c1bf25392a57c71300615ee")


def without(index, *names):
    """The index after the archive has dropped the packages."""
    gone = re.compile(rf"\s*Package: ({'|'.join(names)})\n")
    return "\n\n".join(text for text in index.split("\n\n") if not gone.match(text))


def versions(found):
    return [one.version for one in found]


class Read(unittest.TestCase):
    """An index."""

    def test_newest_first_by_number(self):
        found = offers.read(SECURITY + NINE, "6.1", "s")
        self.assertEqual(versions(found), ["6.1.192-2", "6.1.192-1", "6.1.180-1", "6.1.27-1"])
        self.assertEqual([one.release.split("-")[1] for one in found], ["56", "55", "52", "9"])

    def test_a_series_ends_at_its_dot(self):
        self.assertEqual(versions(offers.read(SECURITY, "6.12", "s")), ["6.12.117-1~deb12u1", "6.12.115-2~deb12u1"])
        self.assertEqual(versions(offers.read(SECURITY, "6", "s"))[0], "6.12.117-1~deb12u1")
        self.assertEqual(offers.read(SECURITY, "6.1.0", "s"), [])

    def test_backports_are_older(self):
        for older, newer in (("6.1.0-9", "6.1.0-56"), ("6.1.27-1", "6.1.192-2"), ("6.12.117-1~deb12u1", "6.12.117-1"),
                             ("7.3.4-1~bpo13+1", "7.3.4-1")):
            self.assertEqual((offers.compare(older, newer), offers.compare(newer, older)), (-1, 1))
            self.assertEqual(offers.compare(older, older), 0)

    def test_parts(self):
        [split] = offers.read(BACKPORTS, "7", "s")
        self.assertEqual([part.package for part in split.image],
                         ["linux-binary-7.3.4+deb13-cloud-amd64", "linux-modules-7.3.4+deb13-cloud-amd64"])
        self.assertEqual([part.package for part in split.headers], [
            "linux-headers-7.3.4+deb13-cloud-amd64", "linux-headers-7.3.4+deb13-common", "linux-kbuild-7.3.4+deb13"])
        self.assertEqual({part.version for part in split.image + split.headers}, {"7.3.4-1~bpo13+1"})
        # The empty linux-image alone is no kernel.
        self.assertEqual(offers.read(without(BACKPORTS, "linux-modules.*"), "7", "s"), [])

    def test_kbuild(self):
        """Its own version, or a newer one that the headers accept; never an older one."""
        def kbuild(*there):
            more = "".join(f"\n\nPackage: linux-kbuild-6.1\nVersion: {one}\nSHA256: k\n" for one in there)
            found = offers.read(without(SECURITY, "linux-kbuild-6.1") + more, "6.1", "s")[0]
            return [part.version for part in found.headers[2:]]
        self.assertEqual(kbuild("6.1.192-3"), ["6.1.192-3"])
        self.assertEqual(kbuild("6.1.192-3", "6.1.192-2", "6.1.192-1"), ["6.1.192-2"])
        self.assertEqual(kbuild("6.1.192-1"), [])

    def test_without_headers(self):
        self.assertEqual([one.version for one in offers.read(SECURITY, "6.1", "s") if not one.headers], ["6.1.180-1"])
        found = offers.read(without(SECURITY, "linux-headers-6.1.0-56-common"), "6.1", "s")
        self.assertEqual((found[0].version, found[0].headers), ("6.1.192-2", ()))

    def test_order(self):
        found = offers.read(SECURITY, "6.1", "s")
        self.assertEqual(versions(offers.ranked(found, PIN)), ["6.1.192-2", "6.1.192-1", "6.1.180-1"])
        old = offers.Pin("6.1.0-55-cloud-amd64", "6.1.192-1", "")
        self.assertEqual(versions(offers.ranked(found, old)), ["6.1.192-1", "6.1.192-2", "6.1.180-1"])
        bare = offers.Pin("6.1.0-52-cloud-amd64", "6.1.180-1", "")
        self.assertEqual(versions(offers.ranked(found, bare)), ["6.1.192-2", "6.1.192-1", "6.1.180-1"])


if __name__ == "__main__":
    unittest.main()
