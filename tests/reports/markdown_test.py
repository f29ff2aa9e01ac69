"""GitHub's own Markdown (cmark-gfm) finds no more markup in a report than gmsactl wrote, whatever the names are.

Skips itself (77) where it is missing; Debian has it in the package cmark-gfm.
"""

import html.parser
import os
import shutil
import subprocess
import sys
import unittest

SAMPLE_REPORT = os.environ["GMSACTL_SAMPLE_REPORT"]
CMARK = shutil.which("cmark-gfm")
OURS = set("h2 h3 p strong table thead tbody tr th td details summary ul li sub code pre".split())


class Outline(html.parser.HTMLParser):
    """Which elements there are, how they nest, and the text that is not code."""

    def __init__(self, page):
        super().__init__()
        self.open, self.seen, self.text, self.counts, self.unbalanced = [], set(), "", {}, []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.seen.add(tag)
        self.counts[tag] = self.counts.get(tag, 0) + 1

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        if "code" not in self.open:
            self.text += data


class Markdown(unittest.TestCase):
    def outline(self, *sample):
        report = subprocess.run([SAMPLE_REPORT, "markdown", *sample], capture_output=True, check=True).stdout
        extensions = [word for name in ("table", "autolink", "strikethrough", "tagfilter") for word in ("-e", name)]
        page = subprocess.run([CMARK, "--unsafe", *extensions], input=report, capture_output=True, check=True).stdout
        outline = Outline(page.decode())
        self.assertEqual(outline.unbalanced + outline.open, [])
        return outline

    def test_each_change_is_folded(self):
        outline = self.outline("estate")
        self.assertEqual(outline.counts["details"], 12 + 3)
        self.assertEqual(outline.counts["details"], outline.counts["summary"])

    def test_names_of_any_bytes_are_code(self):
        for seed in range(30):
            with self.subTest(seed=seed):
                outline = self.outline("random", str(seed))
                self.assertLessEqual(outline.seen, OURS)
                for markup in ("`", "evil", "@team", "<", "["):
                    self.assertNotIn(markup, outline.text)

    def test_a_page_that_is_full_is_whole(self):
        self.outline("big", "10000")


if __name__ == "__main__":
    if not CMARK:
        print("skipped: there is no cmark-gfm")
        sys.exit(77)
    unittest.main()
