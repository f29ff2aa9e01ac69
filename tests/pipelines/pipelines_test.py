"""The shell in examples/pipelines, run as each platform would run it, on directories held in files.

What is posted goes to stand-ins for gh and curl; gmsactl, git and jq are the real ones. Skips itself (77) where Python's
YAML or jq is missing; Debian has them in the packages python3-yaml and jq.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import yaml
except ImportError:
    yaml = None
if yaml is None or not shutil.which("jq"):
    print("skipped: python3-yaml or jq is missing; ./dev setup test installs them")
    sys.exit(77)

import platforms
from platforms import EXAMPLES, READER, WRITER

GMSACTL = os.environ["GMSACTL_BINARY"]
LDIF = pathlib.Path(__file__).resolve().parent.parent.parent / "examples/quickstart/directory.ldif"
ENVIRONMENT = """apiVersion: gmsactl/v1
kind: Environment
metadata: {{name: {name}}}
spec:
  domain: contoso.com
  owner: pipelines
  directory: {{servers: ["ldif:{directory}"]}}
"""
MANIFESTS = """apiVersion: gmsactl/v1
kind: HostGroup
metadata: {{name: Pipe Hosts}}
spec: {{samAccountName: PipeHosts, members: [{host}]}}
---
apiVersion: gmsactl/v1
kind: GMSA
metadata: {{name: Pipe01}}
spec: {{description: "{text}", principalsAllowedToRetrieveManagedPassword: [{{hostGroup: Pipe Hosts}}]}}
"""


class Estate:
    """A repository with manifests of two environments, and what is live of each."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.repository, self.work = self.folder / "origin.git", self.folder / "author"
        self.live = {name: self.folder / f"{name}.ldif" for name in ("prod", "test")}
        for directory in self.live.values():
            shutil.copy(LDIF, directory)
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.repository))
        self.git("init", "--quiet", "--initial-branch=main", str(self.work))
        (self.work / "manifests").mkdir()
        for name, directory in self.live.items():
            self.write(f"{name}.yaml", ENVIRONMENT.format(name=name, directory=directory))
        self.main = self.change("first", "main")
        self.gmsactl("apply", "--auto-approve", "--all-envs")

    def git(self, *arguments):
        return subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@contoso.com", *arguments],
            check=True, capture_output=True, text=True,
        ).stdout.strip()

    def write(self, name, text):
        (self.work / "manifests" / name).write_text(text, encoding="utf-8")

    def change(self, text, branch, host="HOST01", files=None):
        """A commit of a branch, pushed."""
        self.git("-C", str(self.work), "checkout", "--quiet", "-B", branch)
        self.write("accounts.yaml", MANIFESTS.format(text=text, host=host))
        for name, more in (files or {}).items():
            self.write(name, more)
        self.git("-C", str(self.work), "add", "--all")
        self.git("-C", str(self.work), "commit", "--quiet", "--message", text)
        self.git("-C", str(self.work), "push", "--quiet", "--force", str(self.repository), branch)
        return self.git("-C", str(self.work), "rev-parse", "HEAD")

    def merge(self, branch):
        """As one squashed commit, with another id than what was planned."""
        self.git("-C", str(self.work), "checkout", "--quiet", "-B", "main", self.main)
        self.git("-C", str(self.work), "merge", "--quiet", "--squash", branch)
        self.git("-C", str(self.work), "commit", "--quiet", "--message", f"merge {branch}")
        self.git("-C", str(self.work), "push", "--quiet", "--force", str(self.repository), "main")
        self.main = self.git("-C", str(self.work), "rev-parse", "HEAD")
        return self.main

    def gmsactl(self, *arguments):
        ran = subprocess.run(
            [GMSACTL, *arguments, "-f", str(self.work / "manifests")], capture_output=True, text=True, check=False
        )
        if ran.returncode not in (0, 2):
            raise AssertionError(ran.stderr)
        return ran.returncode

    def differs(self):
        return self.gmsactl("plan", "--all-envs", "--detailed-exitcode") == 2

    def tamper(self, text, name="prod"):
        """Somebody writes another description by hand."""
        directory = self.live[name]
        before = directory.read_text(encoding="utf-8")
        after = re.sub(r"(?m)^(dn: CN=Pipe01,(?:.+\n)*?description: ).*", rf"\g<1>{text}", before)
        assert after != before
        directory.write_text(after, encoding="utf-8")


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.estate = Estate(folder.name)

    def expect(self, result, code):
        self.assertEqual(result.code, code, result.output)
        self.assertEqual(result.left, [], "secrets stay behind")
        return result

    def keytabs(self):
        notes = self.platform.requests("gmsactl")
        self.assertTrue(all(note["private"] for note in notes), "a keytab that others can read")
        return {note["keytab"] for note in notes}

    def contents(self):
        return {name: file.read_text(encoding="utf-8") for name, file in self.estate.live.items()}


class Reviewed:
    """What all platforms have in common: review, merge, apply, and the nights after."""

    def test_a_pull_request_is_planned_and_its_very_plan_applied(self):
        revision = self.estate.change("second", "topic")
        before = self.contents()
        planned = self.expect(self.review(revision), 0)
        self.assertEqual(self.contents(), before, "planning wrote")
        self.assertEqual(self.keytabs(), {READER})
        [post] = self.platform.posted()
        body = self.body(post)
        self.assertIn("## gmsactl plan", body)
        for text in ("`prod`", "`test`", "GMSA/Pipe01", '"second"'):
            self.assertIn(text, body)
        plan = self.plan_of(planned)
        self.assertEqual([one["environment"] for one in plan["plans"]], ["prod", "test"])

        self.platform.forget()
        merged = self.estate.merge("topic")
        self.expect(self.apply(merged, planned), 0)
        self.assertEqual(self.keytabs(), {WRITER})
        applied = [note for note in self.platform.requests("gmsactl") if note["arguments"][0] == "apply"]
        self.assertEqual([note["arguments"][1] for note in applied], ["plan.json"])
        self.assertFalse(self.estate.differs(), "a second plan is not empty")

    def test_the_comment_is_kept_up_to_date(self):
        self.earlier_comment()
        self.expect(self.review(self.estate.change("second", "topic")), 0)
        [post] = self.platform.posted()
        self.assertIn(post["method"], ("PATCH", "PUT"))
        self.assertIn("GMSA/Pipe01", self.body(post))

    def test_a_plan_without_changes_passes_and_applies(self):
        revision = self.estate.change("first", "topic", files={"README.yaml": "# nothing\n"})
        planned = self.expect(self.review(revision), 0)
        [post] = self.platform.posted()
        self.assertIn("| `prod` | 0 | 0 | 0 | 0 | 0 | 0 | 2 |", self.body(post))
        before = self.contents()
        self.expect(self.apply(self.estate.merge("topic"), planned), 0)
        self.assertEqual(self.contents(), before)

    def test_what_changed_since_makes_the_plan_stale(self):
        planned = self.expect(self.review(self.estate.change("second", "topic")), 0)
        merged = self.estate.merge("topic")
        self.estate.tamper("by anna")
        before = self.contents()
        failed = self.expect(self.apply(merged, planned), 5)
        self.assertIn("is stale", failed.output)
        self.assertIn("by anna", failed.output)
        self.assertRegex(failed.output, "(?i)plan again")
        self.assertEqual(self.contents(), before, "a stale plan was applied")

        again = self.expect(self.plan_again(merged), 0)
        self.expect(self.apply_again(merged, again), 0)
        self.assertFalse(self.estate.differs())

    def test_what_main_says_otherwise_makes_the_plan_stale(self):
        planned = self.expect(self.review(self.estate.change("second", "topic")), 0)
        self.estate.change("third", "topic")
        before = self.contents()
        failed = self.expect(self.apply(self.estate.merge("topic"), planned), 5)
        self.assertIn("otherwise than when the plan was made", failed.output)
        self.assertEqual(self.contents(), before)

    def test_a_plan_in_error_is_told_and_fails(self):
        failed = self.expect(self.review(self.estate.change("second", "topic", host="NOBODY99")), 4)
        self.assertIn("GMSA0201", failed.output)
        [post] = self.platform.posted()
        self.assertIn("NOBODY99", self.body(post))

    def test_manifests_in_error_fail_without_a_comment(self):
        failed = self.expect(self.review(self.estate.change("second", "topic", files={"x.yaml": "apiVersion: gmsactl/v1\nkind: GSMA\n"})), 3)
        self.assertIn("GSMA", failed.output)
        self.assertEqual(self.platform.posted(), [])

    def test_a_plan_made_with_other_flags_is_refused(self):
        # Whoever can change a branch can change its pipeline, and so what it calls a plan.
        planned = self.expect(self.review(self.estate.change("second", "topic")), 0)
        merged = self.estate.merge("topic")
        file = self.platform.artifacts[planned.run, self.artifact] / "plan.json"
        subprocess.run(
            [GMSACTL, "plan", "-f", "manifests", "--all-envs", "--prune", "--out", str(file), "--quiet"],
            cwd=self.estate.work, check=True, stdout=subprocess.DEVNULL,
        )
        before = self.contents()
        refused = self.expect(self.apply(merged, planned), 7)
        self.assertIn("was not made with the flags", refused.output)
        self.assertEqual(self.contents(), before)
        self.assertNotIn("apply", [note["arguments"][0] for note in self.platform.requests("gmsactl")])

    def test_what_nobody_reviewed_is_not_applied(self):
        self.estate.change("second", "topic")
        merged = self.estate.merge("topic")
        before = self.contents()
        refused = self.expect(self.apply(merged, None), 7)
        self.assertIn("nobody has reviewed", refused.output)
        self.assertEqual(self.contents(), before)

    def test_the_nights_after(self):
        self.expect(self.drift(), 0)
        self.assertEqual(self.platform.posted(), [])
        self.assertEqual(self.keytabs(), {READER})

        self.estate.tamper("by anna")
        before = self.contents()
        found = self.drift()
        self.assertIn(found.code, (0, 2), found.output)
        self.assertTrue(self.is_warning(found))
        [post] = [post for post in self.platform.posted() if "label" not in post["words"]]
        self.assertIn("by anna", self.body(post))
        self.assertIn("GMSA/Pipe01", self.body(post))

        self.platform.forget()
        self.open_issue(5)
        self.drift()
        [post] = self.platform.posted()
        self.assertIn("5", " ".join(post["words"]))
        self.assertIn("by anna", self.body(post))
        self.assertEqual(self.contents(), before, "drift wrote")

    def test_a_night_without_an_answer_fails(self):
        self.estate.live["prod"].unlink()
        failed = self.drift()
        self.assertEqual(failed.code, 4, failed.output)
        self.assertFalse(self.is_warning(failed))
        self.assertEqual(self.platform.posted(), [])


class GitHubTest(Reviewed, Case):
    artifact = "gmsactl-plan"

    def setUp(self):
        super().setUp()
        self.platform = platforms.GitHub(self.estate)
        self.comments = []

    @staticmethod
    def body(post):
        return post["body"]

    def review(self, revision, fork=False):
        self.platform.answers = [[["issues/3/comments"], self.comments]]
        return self.platform.run(
            "plan.yml", "plan", "pull_request", revision,
            **{
                "github.event.pull_request.number": 3,
                "github.event.pull_request.head.repo.full_name": "stranger/gmsa" if fork else "contoso/gmsa",
            },
        )

    def plan_of(self, planned):
        return yaml.safe_load((self.platform.artifacts[planned.run, "gmsactl-plan"] / "plan.json").read_text(encoding="utf-8"))

    def earlier_comment(self):
        self.comments = [
            {"id": 40, "body": "## gmsactl plan\nof mine", "user": {"login": "ada"}},
            {"id": 41, "body": "## gmsactl plan\nof before", "user": {"login": "github-actions[bot]"}},
        ]

    def apply(self, revision, planned):
        pulls = [{"merged_at": None, "head": {"sha": "closed"}}]
        runs = []
        if planned:
            pulls.append({"merged_at": "2026-01-31T12:00:00Z", "head": {"sha": "feed"}})
            runs = [{"id": int(planned.run)}]
        self.platform.answers = [
            [[f"commits/{revision}/pulls"], pulls],
            [["workflows/plan.yml/runs?head_sha=feed", "event=pull_request", "status=success"], {"workflow_runs": runs}],
        ]
        if planned:
            folder = str(self.platform.artifacts[planned.run, "gmsactl-plan"])
            self.platform.answers.append([["run download", planned.run, "gmsactl-plan"], folder])
        return self.platform.run("apply.yml", "apply", "push", revision, **{"needs.plan-again.result": "skipped"})

    def plan_again(self, revision):
        return self.platform.run("apply.yml", "plan-again", "workflow_dispatch", revision)

    def apply_again(self, revision, planned):
        self.platform.this_run = planned.run
        return self.platform.run("apply.yml", "apply", "workflow_dispatch", revision, **{"needs.plan-again.result": "success"})

    def drift(self):
        self.platform.answers = [[["issue list"], self.issues]]
        return self.platform.run("drift.yml", "drift", "schedule", self.estate.main)

    issues = []

    def open_issue(self, number):
        self.issues = [{"number": number}]

    @staticmethod
    def is_warning(result):
        return result.code == 0 and "::warning" in result.output

    def test_the_comment_is_changed_by_its_id(self):
        self.earlier_comment()
        self.review(self.estate.change("second", "topic"))
        [post] = self.platform.posted()
        self.assertEqual((post["method"], post["words"]), ("PATCH", ["api", "repos/contoso/gmsa/issues/comments/41"]))

    def test_a_fork_is_not_planned(self):
        self.assertIsNone(self.review(self.estate.change("second", "topic"), fork=True))

    def test_code_scanning_gets_the_report_of_a_plan_in_error_too(self):
        failed = self.review(self.estate.change("second", "topic", host="NOBODY99"))
        self.assertIn("upload-sarif", failed.ran)

    def test_apply_needs_a_plan_that_did_not_fail(self):
        outcome = self.platform.run("apply.yml", "apply", "workflow_dispatch", self.estate.main, **{"needs.plan-again.result": "failure"})
        self.assertIsNone(outcome)

    def test_an_issue_is_closed_when_the_drift_is_gone(self):
        self.open_issue(5)
        self.expect(self.drift(), 0)
        [post] = self.platform.posted()
        self.assertEqual(post["words"], ["issue", "close", "5"])

    def test_least_privilege(self):
        for file in sorted((EXAMPLES / "github-actions").glob("*.yml")):
            workflow = platforms.load(f"github-actions/{file.name}")
            self.assertEqual(workflow["permissions"], {}, file.name)
            self.assertNotIn("pull_request_target", workflow[True])  # YAML 1.1 reads the key "on" as true
            for job in workflow["jobs"].values():
                self.assertIn("permissions", job)
                self.assertIn("timeout-minutes", job)
                self.assertEqual(job["permissions"]["contents"], "read")
                for step in job["steps"]:
                    if "uses" in step:
                        self.assertRegex(step["uses"], r"^[\w./-]+@v\d+$")
                    # An expression in a script is code that whoever names a branch can write.
                    self.assertNotIn("${{", step.get("run", ""))


class GitLabTest(Reviewed, Case):
    artifact = "plan"

    def setUp(self):
        super().setUp()
        self.platform = platforms.GitLab(self.estate)
        self.notes, self.issues = [], []

    @staticmethod
    def body(post):
        return post["body"].get("body") or post["body"]["description"]

    def review(self, revision):
        self.assertEqual(self.platform.chosen("merge_request_event", branch=None), {"plan": "on_success"})
        self.platform.answers = [[["GET", "/projects/7/merge_requests/3/notes"], self.notes]]
        return self.platform.run("plan", "merge_request_event", revision, CI_MERGE_REQUEST_IID="3")

    def plan_of(self, planned):
        return yaml.safe_load((self.platform.artifacts[planned.run, "plan"] / "plan.json").read_text(encoding="utf-8"))

    def earlier_comment(self):
        self.notes = [
            {"id": 40, "system": True, "body": "## gmsactl plan"},
            {"id": 41, "system": False, "body": "## gmsactl plan\nof before"},
        ]

    def apply(self, revision, planned):
        self.assertEqual(self.platform.chosen("push"), {"apply": "on_success"})
        requests = [{"iid": 2, "state": "closed"}] + ([{"iid": 3, "state": "merged"}] if planned else [])
        self.platform.answers = [
            [[f"commits/{revision}/merge_requests"], requests],
            [["merge_requests/3/pipelines"], [{"id": 30, "status": "failed"}, {"id": 31, "status": "success"}]],
            [["pipelines/31/jobs"], [{"id": 50, "name": "lint"}, {"id": 51, "name": "plan"}]],
        ]
        if planned:
            file = str(self.platform.artifacts[planned.run, "plan"] / "plan.json")
            self.platform.answers.append([["jobs/51/artifacts/plan.json"], file])
        return self.platform.run("apply", "push", revision)

    def plan_again(self, revision):
        self.assertEqual(self.platform.chosen("web"), {"plan": "on_success", "apply": "manual"})
        return self.platform.run("plan", "web", revision)

    def apply_again(self, revision, planned):
        return self.platform.run("apply", "web", revision, given=[self.platform.artifacts[planned.run, "plan"]])

    def drift(self):
        self.assertEqual(self.platform.chosen("schedule"), {"drift": "on_success"})
        self.platform.answers = [[["GET", "/projects/7/issues?labels=gmsactl-drift"], self.issues]]
        return self.platform.run("drift", "schedule", self.estate.main)

    def open_issue(self, number):
        self.issues = [{"iid": number}]

    @staticmethod
    def is_warning(result):
        return result.code != 0 and result.warns

    def test_nothing_is_applied_but_from_main(self):
        self.assertEqual(self.platform.chosen("push", branch="topic"), {})
        self.assertEqual(self.platform.chosen("web", branch="topic"), {})
        self.assertEqual(self.platform.chosen("push", changed=False), {})

    def test_the_token_is_on_no_command_line(self):
        self.review(self.estate.change("second", "topic"))
        for note in self.platform.requests("curl"):
            self.assertEqual(note["config"], 'header = "PRIVATE-TOKEN: platform-token"\n')
            self.assertNotIn("platform-token", " ".join(note["arguments"]))


class AzureTest(Reviewed, Case):
    artifact = "gmsactl-plan"

    def setUp(self):
        super().setUp()
        self.platform = platforms.Azure(self.estate)
        self.threads, self.items = [], []

    @staticmethod
    def body(post):
        if isinstance(post["body"], list):
            return next(change["value"] for change in post["body"] if change["path"].endswith("Description")).replace("&quot;", '"')
        return post["body"].get("content") or post["body"]["comments"][0]["content"]

    def review(self, revision):
        self.assertEqual(self.platform.stages("PullRequest", "refs/pull/3/merge"), ["plan"])
        self.platform.answers = [[["GET", "/pullRequests/3/threads"], {"value": self.threads}]]
        return self.platform.run("plan", "PullRequest", revision, SYSTEM_PULLREQUEST_PULLREQUESTID="3")

    def plan_of(self, planned):
        return yaml.safe_load((self.platform.artifacts[planned.run, "gmsactl-plan"] / "plan.json").read_text(encoding="utf-8"))

    def earlier_comment(self):
        self.threads = [{"id": 40, "comments": [{"content": None}]}, {"id": 41, "comments": [{"content": "## gmsactl plan\nof before"}]}]

    def apply(self, revision, planned):
        self.assertEqual(self.platform.stages("IndividualCI"), ["apply"])
        found = {revision: [{"pullRequestId": 2, "status": "abandoned"}]}
        if planned:
            found[revision].append({"pullRequestId": 3, "status": "completed"})
        self.platform.answers = [
            [["POST", "pullrequestquery"], {"results": [found]}],
            [["GET", "definitions=12", "refs/pull/3/merge", "resultFilter=succeeded"], {"value": [{"id": planned.run}] if planned else []}],
        ]
        return self.platform.run("apply", "IndividualCI", revision)

    def plan_again(self, revision):
        self.assertEqual(self.platform.stages("Manual", plan="Succeeded"), ["plan", "apply"])
        return self.platform.run("plan", "Manual", revision)

    def apply_again(self, revision, planned):
        self.platform.this_run = planned.run
        return self.platform.run("apply", "Manual", revision)

    def drift(self):
        self.assertEqual(self.platform.stages("Schedule", plan="Failed"), ["drift"])
        self.platform.answers = [[["POST", "wiql"], {"workItems": self.items}]]
        return self.platform.run("drift", "Schedule", self.estate.main)

    def open_issue(self, number):
        self.items = [{"id": number}]

    @staticmethod
    def is_warning(result):
        return result.code == 0 and result.warns

    def test_nothing_is_applied_but_from_main(self):
        self.assertEqual(self.platform.stages("IndividualCI", "refs/heads/topic"), [])
        self.assertEqual(self.platform.stages("Manual", plan="Failed"), ["plan"])
        self.assertEqual(self.platform.stages("Manual", "refs/heads/topic", plan="Succeeded"), ["plan"])

    def test_the_token_is_on_no_command_line(self):
        self.review(self.estate.change("second", "topic"))
        for note in self.platform.requests("curl"):
            self.assertEqual(note["config"], 'header = "Authorization: Bearer platform-token"\n')
            self.assertNotIn("platform-token", " ".join(note["arguments"]))


class Pods(Case):
    """The scripts and arguments of the Kubernetes objects, with the folders of a pod put elsewhere."""

    def setUp(self):
        super().setUp()
        self.pod = self.estate.folder / "pod"
        self.pod.mkdir()

    def objects(self, name):
        return list(yaml.safe_load_all((EXAMPLES / "kubernetes" / name).read_text(encoding="utf-8")))

    def run_container(self, container, **more):
        environment = {"PATH": f"{pathlib.Path(GMSACTL).parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        environment |= {variable["name"]: variable["value"] for variable in container["env"]} | more
        words = container["command"] + container["args"]
        # As the kubelet does; what it does not know stays as it is.
        words = [re.sub(r"\$\((\w+)\)", lambda name: environment.get(name[1], name[0]), word) for word in words]
        words = [re.sub(r"(?<![\w.])/estate\b", str(self.pod / "estate"), word) for word in words]
        environment["HOME"] = str(self.pod)
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)

    def fetch(self, template, **more):
        shutil.rmtree(self.pod / "estate", ignore_errors=True)
        ran = self.run_container(template["initContainers"][0], REPOSITORY=str(self.estate.repository), **more)
        self.assertEqual(ran.returncode, 0, ran.stderr)

    def check_confined(self, template):
        self.assertFalse(template["automountServiceAccountToken"])
        self.assertTrue(template["securityContext"]["runAsNonRoot"])
        volumes = {volume["name"] for volume in template["volumes"]}
        for container in template["initContainers"] + template["containers"]:
            context = container["securityContext"]
            self.assertFalse(context["allowPrivilegeEscalation"])
            self.assertTrue(context["readOnlyRootFilesystem"])
            self.assertEqual(context["capabilities"], {"drop": ["ALL"]})
            self.assertIn("memory", container["resources"]["limits"])
            self.assertRegex(container["image"], r":[\d.]+$")
            self.assertLessEqual({mount["name"] for mount in container["volumeMounts"]}, volumes)
            for variable in container["env"]:
                self.assertIsInstance(variable["value"], str, "YAML took a text for a number")
        self.assertNotIn("keytab", {mount["name"] for mount in template["initContainers"][0]["volumeMounts"]})

    def test_drift_every_night(self):
        [cron] = self.objects("drift-cronjob.yaml")
        spec = cron["spec"]["jobTemplate"]["spec"]
        template = spec["template"]["spec"]
        self.check_confined(template)
        secrets = {volume["secret"]["secretName"] for volume in template["volumes"] if "secret" in volume}
        self.assertEqual(secrets, {"gmsactl-reader", "gmsactl-repository"})
        self.fetch(template)
        ran = self.run_container(template["containers"][0])
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(ran.stdout.count("Drift: 0 drifted"), 2)
        self.estate.tamper("by anna")
        ran = self.run_container(template["containers"][0])
        self.assertEqual(ran.returncode, 2, ran.stderr)
        self.assertIn("by anna", ran.stdout)
        [rule] = spec["podFailurePolicy"]["rules"]
        self.assertEqual(rule["action"], "FailJob")
        self.assertIn(2, rule["onExitCodes"]["values"])
        self.assertNotIn(4, rule["onExitCodes"]["values"])
        self.assertEqual(rule["onExitCodes"]["containerName"], template["containers"][0]["name"])

    def test_all_parts_together_apply_one_commit(self):
        [job] = self.objects("apply-indexed-job.yaml")
        spec, template = job["spec"], job["spec"]["template"]["spec"]
        self.check_confined(template)
        self.assertEqual(spec["completionMode"], "Indexed")
        [container] = template["containers"]
        self.assertIn(f"--shard=$(JOB_COMPLETION_INDEX)/{spec['completions']}", container["args"])
        revisions = {v["value"] for c in (template["initContainers"][0], container) for v in c["env"] if v["name"] == "REVISION"}
        self.assertEqual(revisions, {"0" * 40})

        many = "".join(f"---\napiVersion: gmsactl/v1\nkind: GMSA\nmetadata: {{name: Part{i:02}}}\nspec: {{principalsAllowedToRetrieveManagedPassword: [HOST01]}}\n" for i in range(24))
        revision = self.estate.change("second", "main", files={"many.yaml": many})
        self.estate.change("never to be seen", "main")  # the branch moves on while the job runs
        created = 0
        for index in range(spec["completions"]):
            self.fetch(template, REVISION=revision)
            ran = self.run_container(container, REVISION=revision, JOB_COMPLETION_INDEX=str(index))
            self.assertEqual(ran.returncode, 0, ran.stderr + ran.stdout)
            created += ran.stdout.count(": created\n")
            self.assertLess(ran.stdout.count(": created\n"), 24, "one part has everything")
        self.assertEqual(created, 24)
        self.estate.git("-C", str(self.estate.work), "checkout", "--quiet", revision)
        self.assertEqual(self.estate.gmsactl("plan", "--env", "prod", "--detailed-exitcode"), 0)
        self.assertNotIn("never to be seen", self.contents()["prod"])

    def test_the_ground_they_stand_on(self):
        kinds = [one["kind"] for one in self.objects("access.yaml")]
        self.assertEqual(kinds, ["Namespace", "ServiceAccount", "ConfigMap", "NetworkPolicy"])


class Units(Case):
    """The systemd units: what they run, and that systemd takes them."""

    def settings(self, name):
        found = {}
        for line in (EXAMPLES / "systemd" / name).read_text(encoding="utf-8").splitlines():
            if "=" in line and not line.startswith("#"):
                key, value = line.split("=", 1)
                found.setdefault(key, []).append(value)
        return found

    def test_the_service(self):
        unit = self.settings("gmsactl-drift.service")
        state, cache = self.estate.folder / "state", self.estate.folder / "cache"
        self.estate.git("clone", "--quiet", str(self.estate.repository), str(state / "estate"))
        places = {
            "/usr/bin/gmsactl": GMSACTL, "/var/cache/gmsactl": str(cache), "/var/lib/gmsactl": str(state),
            "/var/lib/prometheus/node-exporter": str(state),
        }

        def put(text):
            for place, instead in places.items():
                text = text.replace(place, instead)
            return text

        def start():
            for command in unit["ExecStartPre"] + unit["ExecStart"]:
                ran = subprocess.run(put(command).split(), cwd=put(unit["WorkingDirectory"][0]), capture_output=True, text=True, check=False)
                if ran.returncode:
                    break
            return ran

        self.estate.change("second", "main")  # pulled, and pending: no drift
        ran = start()
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertIn("Drift: 0 drifted, 1 pending", ran.stdout)
        self.assertIn('gmsactl_drifted_resources{command="drift",environment="prod"} 0', (state / "gmsactl.prom").read_text(encoding="utf-8"))
        self.estate.tamper("by anna")
        ran = start()
        self.assertEqual(ran.returncode, 2, ran.stderr)
        self.assertIn("2", unit["RestartPreventExitStatus"][0].split())
        self.assertNotIn("4", unit["RestartPreventExitStatus"][0].split())
        self.assertIn('gmsactl_drifted_resources{command="drift",environment="prod"} 1', (state / "gmsactl.prom").read_text(encoding="utf-8"))

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is missing")
    def test_systemd_takes_them(self):
        units = self.estate.folder / "units"
        units.mkdir()
        for name in ("gmsactl-drift.service", "gmsactl-drift.timer"):
            text = (EXAMPLES / "systemd" / name).read_text(encoding="utf-8")
            (units / name).write_text(text.replace("/usr/bin/gmsactl", GMSACTL), encoding="utf-8")
        ran = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(units / "gmsactl-drift.timer"), str(units / "gmsactl-drift.service")],
            capture_output=True, text=True, check=False,
        )
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        [calendar] = self.settings("gmsactl-drift.timer")["OnCalendar"]
        subprocess.run(["systemd-analyze", "calendar", calendar], check=True, capture_output=True)


class Shell(unittest.TestCase):
    def scripts(self):
        for file in sorted((EXAMPLES / "github-actions").glob("*.yml")):
            for name, job in platforms.load(f"github-actions/{file.name}")["jobs"].items():
                for step in job["steps"]:
                    if "run" in step:
                        yield f"{file.name}: {name}: {step['name']}", step["run"]
        pipeline = platforms.load("gitlab-ci/gitlab-ci.yml")
        for name, job in pipeline.items():
            if isinstance(job, dict) and "script" in job:
                yield f"gitlab-ci.yml: {name}", "\n".join(pipeline[".gmsactl"]["before_script"] + job["script"])
        for stage in platforms.load("azure-devops/azure-pipelines.yml")["stages"]:
            for job in stage["jobs"]:
                for step in job.get("steps") or job["strategy"]["runOnce"]["deploy"]["steps"]:
                    if "bash" in step:
                        # This task's shell goes on after errors, unless it is told not to.
                        self.assertTrue(step["bash"].startswith("set -euo pipefail\n"), step["displayName"])
                        yield f"azure-pipelines.yml: {stage['stage']}: {step['displayName']}", step["bash"]

    @unittest.skipUnless(shutil.which("shellcheck"), "shellcheck is missing")
    def test_shellcheck_finds_nothing(self):
        for name, script in self.scripts():
            with self.subTest(name):
                ran = subprocess.run(["shellcheck", "-s", "bash", "-S", "warning", "-"], input=script, capture_output=True, text=True, check=False)
                self.assertEqual(ran.returncode, 0, ran.stdout)


if __name__ == "__main__":
    unittest.main()
