"""A browser opens the HTML report and does what people do with it: filter, open a change, follow the graph, print.

Skips itself (77) where there is no Chromium; Debian has it in the package chromium.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import devtools

SAMPLE_REPORT = os.environ["GMSACTL_SAMPLE_REPORT"]
CHROMIUM = shutil.which("chromium")

SHOWN = "[...document.querySelectorAll('.change')].filter(c => !c.hidden && c.offsetParent).map(c => c.dataset.address)"
OPEN = "[...document.querySelectorAll('.change[open]')].map(c => c.dataset.address)"


def chip(value):
    return f"button[data-filter][value='{value}']"


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="gmsactl-page-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.browser = cls.enterClassContext(devtools.Browser(CHROMIUM))

    @classmethod
    def page(cls, *sample):
        path = cls.folder / ("-".join(sample) + ".html")
        if not path.exists():
            path.write_bytes(subprocess.run([SAMPLE_REPORT, "html", *sample], capture_output=True, check=True).stdout)
        return cls.browser.open(path)

    def assert_quiet(self, page):
        """Nothing was refused by the page's own policy, nothing failed, and nothing was asked of a network."""
        page.evaluate("new Promise(done => setTimeout(done, 50))")
        self.assertEqual([entry["entry"]["text"] for entry in page.seen("Log.entryAdded")], [])
        self.assertEqual(page.seen("Runtime.exceptionThrown"), [])
        self.assertEqual(
            [sent["request"]["url"] for sent in page.seen("Network.requestWillBeSent") if not sent["request"]["url"].startswith("file://")],
            [],
        )

    def test_it_filters_by_action_cause_kind_environment_and_text(self):
        page = self.page("estate")
        self.assertEqual(len(page.evaluate(SHOWN)), 12)
        page.click(chip("delete"))
        self.assertEqual(page.evaluate(SHOWN), ["GMSA/Fax", "CredentialSpec/docker-prod/Shop@HOST09"])
        self.assertEqual(page.evaluate("document.querySelector('output').textContent"), "2 of 12 changes")
        self.assertFalse(page.evaluate("!!document.querySelector(\"[data-environment='test'].environment\").offsetParent"))
        page.click(chip("GMSA"))
        self.assertEqual(page.evaluate(SHOWN), ["GMSA/Fax"])
        page.click(chip("delete"))
        page.click(chip("GMSA"))
        page.click(chip("drift"))
        self.assertEqual(page.evaluate(SHOWN), ["GMSA/Shop", "GMSA/Ledger"])
        page.click(chip("both"))
        self.assertEqual(page.evaluate(SHOWN), ["GMSA/Shop", "GMSA/Ledger", "HostGroup/ShopHosts"])
        page.click(".clear")
        page.click(chip("test"))
        self.assertEqual(page.evaluate(SHOWN), ["GMSA/Shop"])
        page.click(".clear")
        page.click(".filters input")
        page.type("OLDSHOP host09")
        self.assertEqual(page.evaluate(SHOWN), [])
        page.key("Escape")
        page.type("oldshop")
        self.assertEqual(page.evaluate(SHOWN), ["GMSA/Shop"])
        self.assertEqual(page.evaluate("document.querySelectorAll('.component:not([hidden])').length"), 1)
        self.assert_quiet(page)

    def test_a_change_opens_and_closes(self):
        page = self.page("estate")
        row = ".change[data-address='GMSA/Shop'] .fields tr"
        visible = f"document.querySelector(\"{row}\").checkVisibility()"
        self.assertFalse(page.evaluate(visible))
        page.click(".change[data-address='GMSA/Shop'] summary")
        self.assertTrue(page.evaluate(visible))
        page.click(".change[data-address='GMSA/Shop'] summary")
        self.assertFalse(page.evaluate(visible))
        page.click(".toggle")
        self.assertEqual(len(page.evaluate(OPEN)), 12)
        page.evaluate("new Promise(done => setTimeout(done, 50))")
        self.assertEqual(page.evaluate("document.querySelector('.toggle').textContent"), "Close all")
        page.click(".toggle")
        self.assertEqual(page.evaluate(OPEN), [])

    def test_the_keyboard_is_enough(self):
        page = self.page("estate")
        seen = []
        for _ in range(60):
            page.key("Tab")
            seen.append(
                page.evaluate("(e => e.dataset.filter ?? e.getAttribute('href') ?? e.closest('details')?.className ?? e.className)(document.activeElement)")
            )
            if seen[-1] and seen[-1].startswith("change"):
                break
        self.assertIn("action", seen)
        self.assertTrue(any(name and name.startswith("#change-") for name in seen), seen)
        page.key("Enter", "\r")
        self.assertEqual(page.evaluate(OPEN), ["GMSA/Fax"])

    def test_a_node_of_the_graph_leads_to_its_change(self):
        page = self.page("estate")
        page.click(chip("create"))
        self.assertNotIn("GMSA/Shop", page.evaluate(SHOWN))
        page.evaluate("location.hash = document.querySelector(\".change[data-address='GMSA/Shop']\").id")
        page.evaluate("new Promise(done => setTimeout(done, 50))")
        self.assertEqual(page.evaluate(OPEN), ["GMSA/Shop"])
        self.assertIn("GMSA/Shop", page.evaluate(SHOWN))
        page.click(".graph a[href='#change-0-4']")
        page.evaluate("new Promise(done => setTimeout(done, 50))")
        self.assertEqual(sorted(page.evaluate(OPEN)), ["GMSA/Batch", "GMSA/Shop"])

    def test_paper_shows_everything(self):
        page = self.page("estate")
        closed = len(page.evaluate(OPEN))
        self.assertEqual(closed, 0)
        pages = page.pdf().count(b"/Type /Page\n")
        self.assertGreaterEqual(pages, 4, "closed it has room on fewer")
        self.assertEqual(page.evaluate(OPEN), [], "as it was before")
        some = "[...document.querySelectorAll('.change .fields')].some(fields => fields.checkVisibility())"
        self.assertFalse(page.evaluate(some))
        page.media("print", "dark")
        self.assertTrue(
            page.evaluate("[...document.querySelectorAll('.change .fields')].every(fields => fields.checkVisibility())")
        )
        self.assertEqual(page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")
        self.assertEqual(page.evaluate("document.querySelector('.filters').getBoundingClientRect().height"), 0)

    def test_it_is_legible_in_light_and_dark(self):
        page = self.page("estate")
        page.click(".toggle")
        for scheme in ("light", "dark"):
            page.media("screen", scheme)
            for css in ("body", ".subtitle", ".what", ".tag.drift", ".tag.pending", ".change.create .symbol",
                        ".change.update .symbol", ".change.delete .symbol", ".change.move .symbol", "ins", "del", ".facts dt"):
                with self.subTest(scheme=scheme, css=css):
                    self.assertGreaterEqual(page.evaluate(CONTRAST % css), 4.5)

    def test_a_narrow_screen_scrolls_down_only(self):
        page = self.page("estate")
        page.viewport(400, 800)
        page.click(".toggle")
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 400)
        self.assertTrue(page.evaluate("(c => c.scrollWidth > c.clientWidth)(document.querySelector('.canvas'))"))

    def test_an_apply_can_be_filtered_by_its_outcome(self):
        page = self.page("applied")
        page.click(chip("conflict"))
        self.assertEqual(page.evaluate(SHOWN), ["GMSA/Batch"])

    def test_names_of_any_bytes_are_only_names(self):
        for seed in range(5):
            page = self.page("random", str(seed))
            count = len(page.evaluate(SHOWN))
            self.assertEqual(page.evaluate("document.querySelectorAll('.change').length"), count)
            self.assertEqual(page.evaluate("document.querySelectorAll('script, style').length"), 2)
            self.assertEqual(page.evaluate("document.querySelectorAll('b').length"), page.evaluate("document.querySelectorAll('.counts b, .diagnostic b').length"))
            self.assert_quiet(page)

    def test_ten_thousand_changes_are_filtered_at_once(self):
        page = self.page("big", "10000")
        page.evaluate("document.querySelector('.filters input').focus()")
        page.type("webapp014")  # reads the text of all of them, which takes a moment
        milliseconds = page.evaluate(
            "(() => { const s = document.querySelector('.filters input'); s.value = 'webapp0149'; const t = performance.now();"
            " s.dispatchEvent(new Event('input')); return performance.now() - t; })()"
        )
        self.assertEqual(page.evaluate("document.querySelector('output').textContent"), "92 of 10000 changes")
        self.assertLess(milliseconds, 1000)


# The contrast of an element's text with what is behind it (WCAG 2.2, 1.4.3).
CONTRAST = """(() => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  let behind = document.querySelector('%s');
  const ink = light(parts(getComputedStyle(behind).color));
  while (parts(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const paper = light(parts(getComputedStyle(behind).backgroundColor));
  return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
})()"""


if __name__ == "__main__":
    if not CHROMIUM:
        print("skipped: there is no chromium")
        sys.exit(77)
    unittest.main()
