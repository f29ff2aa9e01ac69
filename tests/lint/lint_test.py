"""The lints find what they are there to find: each is run on a small tree with one mistake in it."""

import pathlib
import subprocess
import tempfile
import unittest

import cli
import diagnostics
import layers
import links
import schemas
import text

TABLE = """
| folder | namespace | may include | foreign | never | why |
|---|---|---|---|---|---|
| `engine/base` | `gmsactl` | | `tl/` | `thread` | Nothing below. |
| `engine/plan` | `gmsactl::plan` | `engine/base` | | `chrono` | Pure. |
| `providers/dns` | `gmsactl::dns` | `engine/base` `gmsactl/version.h` | `ares.h` `sys/` | | Names. |
"""


class Tree(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.write("docs/architecture.md", TABLE)
        for name in ("engine/base", "engine/plan", "providers/dns"):
            (self.root / name).mkdir(parents=True)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


class Layers(Tree):
    def problems_of(self, name, content):
        self.write(name, content)
        return layers.check(self.root)

    def test_what_the_table_allows_passes(self):
        content = '#include <vector>\n#include "engine/base/a.h"\n#include "engine/plan/b.h"\nnamespace gmsactl::plan {\n'
        self.assertEqual(self.problems_of("engine/plan/a.cpp", content), [])
        content = "#include <ares.h>\n#include <sys/time.h>\n#include <gmsactl/version.h>\nnamespace gmsactl::dns {\n"
        self.assertEqual(self.problems_of("providers/dns/a.h", content), [])

    def test_each_kind_of_wrong_include_is_found(self):
        for header in ('"providers/dns/a.h"', '"engine/other/a.h"', "<ares.h>", "<chrono>", '"gmsactl/version.h"',
                       '"tests/a.h"', "<unistd.h>", '"b.h"'):
            problems = self.problems_of("engine/plan/a.cpp", f"\n#include {header}\n")
            self.assertEqual(len(problems), 1, header)
            self.assertTrue(problems[0].startswith("engine/plan/a.cpp:2: "), problems[0])

    def test_the_namespace_follows_the_folder(self):
        self.assertEqual(len(self.problems_of("engine/plan/a.h", "namespace gmsactl::base {\n")), 1)

    def test_a_folder_that_the_table_lacks_is_found(self):
        self.assertEqual(len(self.problems_of("engine/new/a.h", "")), 1)

    def test_a_page_without_a_table_is_no_licence(self):
        self.write("docs/architecture.md", "# Architecture\n")
        self.assertEqual(len(layers.check(self.root)), 1)


class Diagnostics(Tree):
    def problems_of(self, source, page):
        self.write("engine/plan/a.cpp", source)
        self.write("docs/diagnostics/page.md", page)
        return diagnostics.check(self.root)

    def test_code_and_page_in_agreement_pass(self):
        self.assertEqual(self.problems_of('f("GMSA0201", "Unknown principal")', "| GMSA0201 | Unknown principal |\n"), [])

    def test_each_disagreement_is_found(self):
        row = "| GMSA0201 | Unknown principal |\n"
        self.assertEqual(len(self.problems_of('f("GMSA0202");', "")), 1)
        self.assertEqual(len(self.problems_of("// GMSA0201", row)), 1)
        self.assertEqual(len(self.problems_of('f("GMSA0201");', row + row)), 1)
        self.assertEqual(len(self.problems_of('f("GMSA0201", "Other words");', row)), 1)
        self.assertEqual(len(self.problems_of('f("GMSA0201", "A"); f("GMSA0201", "B");', row)), 1)


PAGE = """
## Commands
| command | does | flags |
|---|---|---|
| `plan [FILE]` | plans | [reading](#reading) |
| `lock status` | tells | |
### Reading
| flag | meaning |
|---|---|
| `-f`, `--from PATH` | where |
### Of single commands
| flag | commands | meaning |
|---|---|---|
| `--id ID` | `lock status` | which |
### General
| flag | meaning |
|---|---|
| `--quiet` | less |
## Environment variables
| these have none | why |
|---|---|
| `--from` | since |
"""
MAN = """
.SH COMMANDS
.TP
.BR plan " [\\fIfile\\fR]"
Plans.
.TP
.B lock status
.SH FLAGS
.BR \\-\\-from ", " \\-\\-id ", " \\-\\-quiet
"""


class CommandLine(unittest.TestCase):
    def problems_of(self, page=PAGE, man=MAN, **more):
        commands = {"plan": {"--from": False, "--quiet": True}, "lock status": {"--id": True, "--quiet": True}}
        return cli.check({**commands, **more}, page, man)

    def test_program_and_pages_in_agreement_pass(self):
        self.assertEqual(self.problems_of(), [])

    def test_each_disagreement_is_found(self):
        self.assertEqual(len(self.problems_of(show={"--quiet": True})), 2)  # neither page has it
        self.assertEqual(len(self.problems_of(plan={"--quiet": True, "--new": True})), 5)
        self.assertEqual(len(self.problems_of(PAGE.replace("`--id ID`", "`--idd ID`"))), 2)
        self.assertEqual(len(self.problems_of(PAGE.replace("| `--from` | since |", ""))), 1)
        self.assertEqual(len(self.problems_of(PAGE.replace("#reading", "#writing"))), 2)
        self.assertEqual(len(self.problems_of(man=MAN.replace("lock status", "lock"))), 2)
        self.assertEqual(len(self.problems_of(man=MAN.replace("id", "idd"))), 2)


class Links(Tree):
    def problems_of(self, text):
        self.write("docs/a.md", text)
        self.write("docs/b.md", "# One: `two` three\n```\n# no heading\n```\n")
        return links.check(self.root, ["docs/a.md"])

    def test_links_that_lead_somewhere_pass(self):
        self.assertEqual(self.problems_of("# A\n[b](b.md#one-two-three) [a](#a) [web](https://x.example/y#z) `[x](y)`\n"), [])

    def test_each_broken_link_is_found(self):
        for link in ("c.md", "b.md#two", "#b", "b.md#no-heading"):
            self.assertEqual(len(self.problems_of(f"# A\n[x]({link})\n")), 1, link)


class Schemas(Tree):
    def problems_of(self, schema, page):
        for kind, pages in schemas.PAGES.items():
            self.write(f"schemas/{kind}.schema.json", schema)
            for name in pages:
                self.write(name, page)
        return schemas.check(self.root)

    def test_each_key_is_described_and_on_the_page(self):
        schema = '{"properties": {"kind": {"const": "GMSA"}, "spec": {"items": {"properties": {"path": {%s}}}, "description": "x"}}}'
        self.assertEqual(self.problems_of(schema % '"description": "Where."', "spec.path"), [])
        self.assertEqual(len(self.problems_of(schema % "", "spec.path")), len(schemas.PAGES))
        self.assertEqual(len(self.problems_of(schema % '"description": "Where."', "spec")), len(schemas.PAGES))


class Text(Tree):
    def problems_of(self, content, name="docs/a.md"):
        subprocess.run(["git", "init", "-q"], cwd=self.root, check=True)
        self.write(name, content)
        return text.check_file(self.root, name)[0]

    def test_plain_text_passes(self):
        self.assertEqual(self.problems_of("One line.\n"), [])

    def test_each_mistake_is_found(self):
        for content in ("TO" "DO: more\n", "see ../sha" "red/x\n", "/ro" "ot/x\n", "end \n", "no line feed"):
            self.assertEqual(len(self.problems_of(content)), 1, content)

    def test_a_long_file_is_a_warning(self):
        self.write("engine/plan/long.h", "int i;\n" * 401)
        problems, warnings = text.check_file(self.root, "engine/plan/long.h")
        self.assertEqual((problems, len(warnings)), ([], 1))

    def test_new_files_are_looked_at_too(self):
        subprocess.run(["git", "init", "-q"], cwd=self.root, check=True)
        self.write("docs/new.md", "")
        self.assertIn("docs/new.md", text.files(self.root))


if __name__ == "__main__":
    unittest.main()
