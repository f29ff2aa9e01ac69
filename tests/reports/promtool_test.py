"""`promtool check metrics` has nothing to say about what gmsactl writes for Prometheus.

Skips itself (77) where promtool is missing; Debian has it in the package prometheus.
"""

import os
import shutil
import subprocess
import sys
import unittest

SAMPLE_REPORT = os.environ["GMSACTL_SAMPLE_REPORT"]
PROMTOOL = shutil.which("promtool")


class Promtool(unittest.TestCase):
    def check(self, *sample):
        metrics = subprocess.run([SAMPLE_REPORT, "prometheus", *sample], capture_output=True, check=True).stdout
        self.assertIn(b"\ngmsactl_", metrics)
        seen = subprocess.run([PROMTOOL, "check", "metrics"], input=metrics, capture_output=True)
        self.assertEqual((seen.returncode, seen.stdout, seen.stderr), (0, b"", b""), metrics.decode())

    def test_a_plan(self):
        self.check("estate")

    def test_an_apply(self):
        self.check("applied")

    def test_names_of_any_bytes(self):
        for seed in range(20):
            with self.subTest(seed=seed):
                self.check("random", str(seed))


if __name__ == "__main__":
    if not PROMTOOL:
        print("skipped: there is no promtool")
        sys.exit(77)
    unittest.main()
