"""As much of GitHub Actions, GitLab CI and Azure Pipelines as it takes to run the shell of examples/pipelines.

A run reads the YAML, evaluates its conditions, and runs each script as the platform would: with its shell, its variables
and its way to hand things on. What the platforms bring (checkout, artifacts, secure files) is done in Python.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as xml

import yaml

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "examples/pipelines"
READER, WRITER = "keytab of a reader", "keytab of a writer"


def load(name):
    return yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))


class Result:
    """How a job ended: its exit code, and all that it printed."""

    def __init__(self):
        self.code, self.output, self.ran = 0, "", []


class Platform:
    """A machine that runs jobs of one pipeline on one estate."""

    def __init__(self, estate):
        self.estate = estate
        self.folder = estate.folder / "machine"
        self.folder.mkdir()
        self.log = self.folder / "requests.jsonl"
        self.answers = []
        self.runs = 0
        self.programs = self.folder / "bin"
        self.programs.mkdir()
        for name in ("gh", "curl", "gmsactl"):
            (self.programs / name).symlink_to(HERE / "stand_in.py")
        self.artifacts = {}  # by run and name, a folder

    def environment(self):
        answers = self.folder / "answers.json"
        answers.write_text(json.dumps(self.answers), encoding="utf-8")
        return {
            "PATH": f"{self.programs}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "STAND_IN_LOG": str(self.log),
            "STAND_IN_ANSWERS": str(answers),
            "STAND_IN_GMSACTL": os.environ["GMSACTL_BINARY"],
        }

    def requests(self, program):
        """Notes of what one program was asked for since the last call of forget()."""
        if not self.log.exists():
            return []
        notes = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [note for note in notes if note["program"] == program]

    def posted(self):
        """What was written to the platform."""
        return [note for program in ("gh", "curl") for note in self.requests(program) if self.is_write(note)]

    @staticmethod
    def is_write(note):
        if note["program"] == "gh" and note["words"][0] != "api":
            return note["words"][1] in ("create", "edit", "close")
        return note["method"] != "GET" and not re.search("wiql|pullrequestquery", note["words"][-1])

    def forget(self):
        self.log.unlink(missing_ok=True)

    def checkout(self, revision):
        self.runs += 1
        at = self.folder / f"checkout-{self.runs}"
        self.estate.git("clone", "--quiet", str(self.estate.repository), str(at))
        subprocess.run(["git", "-C", str(at), "checkout", "--quiet", revision], check=True)
        return at

    def shell(self, result, command, script, at, environment):
        ran = subprocess.run(
            [*command, "-c", script], cwd=at, env=environment, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )
        result.output += ran.stdout
        result.ran.append(script)
        return ran

    def keep(self, run, name, at, paths):
        folder = self.folder / f"artifact-{run}-{name}"
        folder.mkdir(exist_ok=True)
        kept = [path for pattern in paths for path in sorted(at.glob(pattern))]
        for path in kept:
            shutil.copy(path, folder / path.name)
        if kept:
            self.artifacts[run, name] = folder
        return kept


class GitHub(Platform):
    """https://docs.github.com/actions/reference/workflow-syntax-for-github-actions"""

    SHELL = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]

    def run(self, file, job, event, revision, **context):
        workflow = load(f"github-actions/{file}")
        assert workflow["defaults"]["run"]["shell"] == "bash"
        job = workflow["jobs"][job]
        self.runs += 1
        run = str(self.runs)
        temporary = self.folder / f"temporary-{run}"
        temporary.mkdir()
        context = {
            "github.event_name": event,
            "github.token": "platform-token",
            "github.repository": "contoso/gmsa",
            "secrets.READER_KEYTAB": base64.b64encode(READER.encode()).decode(),
            "secrets.WRITER_KEYTAB": base64.b64encode(WRITER.encode()).decode(),
            "vars.GMSACTL_METRICS": "",
            **context,
        }
        # A job sees the secrets of its own environment only.
        mine = {"gmsactl-plan": "READER", "production": "WRITER"}[job["environment"]]
        for other in {"READER", "WRITER"} - {mine}:
            context[f"secrets.{other}_KEYTAB"] = ""
        files = {name: temporary / name for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        environment = {
            **self.environment(),
            "GITHUB_REPOSITORY": "contoso/gmsa",
            "GITHUB_SHA": revision,
            "RUNNER_TEMP": str(temporary),
            **{name: str(path) for name, path in files.items()},
        }
        result, at = Result(), None
        if "if" in job and not self.evaluate(job["if"], context, None, True):
            return None
        for step in job["steps"]:
            if not self.evaluate(step.get("if", "success()"), context, at, result.code == 0):
                continue
            if "uses" in step:
                at = self.use(step, at, run, revision, result)
                continue
            own = {key: self.fill(value, context) for key, value in step.get("env", {}).items()}
            for path in files.values():
                path.touch()
            ran = self.shell(result, self.SHELL, step["run"], at, {**environment, **own})
            environment |= self.pairs(files["GITHUB_ENV"])
            for key, value in self.pairs(files["GITHUB_OUTPUT"]).items():
                context[f"steps.{step.get('id')}.outputs.{key}"] = value
            files["GITHUB_OUTPUT"].write_text("", encoding="utf-8")
            result.code = result.code or ran.returncode
        result.summary = files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        result.left = sorted(path.name for path in temporary.glob("gmsactl.*"))
        result.run = run
        return result

    @staticmethod
    def pairs(file):
        return dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines())

    @staticmethod
    def fill(text, context):
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda name: str(context[name[1]]), str(text))

    @staticmethod
    def evaluate(text, context, at, well):
        def is_there(pattern):
            return "digest" if at and list(at.glob(pattern)) else ""

        if not re.search(r"\b(always|success|failure)\(\)", text):
            text = f"success() && ({text})"
        text = text.replace("&&", " and ").replace("||", " or ")
        text = re.sub(r"(?<!')\b(github|needs|steps)\.[\w.-]+", lambda name: f"context[{name[0]!r}]", text)
        return eval(text, {"always": lambda: True, "success": lambda: well, "hashFiles": is_there, "context": context})

    def use(self, step, at, run, revision, result):
        action, inputs = step["uses"].split("@")[0], step.get("with", {})
        if action == "actions/checkout":
            assert inputs["persist-credentials"] is False
            return self.checkout(revision)
        if action == "actions/upload-artifact":
            kept = self.keep(run, inputs["name"], at, inputs["path"].split())
            if not kept and inputs.get("if-no-files-found") == "error":
                result.code = 1
        elif action == "actions/download-artifact":
            shutil.copytree(self.artifacts[self.this_run, inputs["name"]], at, dirs_exist_ok=True)
        elif action == "github/codeql-action/upload-sarif":
            assert json.loads((at / inputs["sarif_file"]).read_text(encoding="utf-8"))["version"] == "2.1.0"
            result.ran.append("upload-sarif")
        else:
            raise AssertionError(f"unknown action {action}")
        return at


class GitLab(Platform):
    """https://docs.gitlab.com/ci/yaml/"""

    def chosen(self, source, branch="main", changed=True):
        """The jobs that a pipeline of this kind has, and how they start."""
        variables = {"CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": branch, "CI_DEFAULT_BRANCH": "main"}
        jobs = {}
        for name, job in load("gitlab-ci/gitlab-ci.yml").items():
            for rule in job.get("rules", []) if isinstance(job, dict) and not name.startswith(".") else []:
                text = re.sub(r"\$(\w+)", lambda name: repr(variables[name[1]]), rule["if"]).replace("&&", "and")
                if eval(text) and (changed or "changes" not in rule):
                    jobs[name] = rule.get("when", "on_success")
                    break
        return jobs

    def run(self, name, source, revision, given=(), **variables):
        pipeline = load("gitlab-ci/gitlab-ci.yml")
        job = {**pipeline[pipeline[name]["extends"]], **pipeline[name]}
        at = self.checkout(revision)
        self.runs += 1
        secrets = {"READER_KEYTAB": READER, "GMSACTL_TOKEN": None}
        if job.get("environment", {}).get("name") == "production":
            secrets["WRITER_KEYTAB"] = WRITER
        environment = {
            **self.environment(),
            **{key: base64.b64encode(value.encode()).decode() for key, value in secrets.items() if value},
            "GMSACTL_TOKEN": "platform-token",
            "CI_API_V4_URL": "https://git.contoso.com/api/v4",
            "CI_PROJECT_ID": "7",
            "CI_PROJECT_DIR": str(at),
            "CI_PIPELINE_SOURCE": source,
            "CI_COMMIT_SHA": revision,
            "CI_JOB_ID": str(self.runs),
            **variables,
        }
        for key, value in job.get("variables", {}).items():
            environment[key] = re.sub(r"\$(\w+)", lambda name: environment.get(name[1], ""), value)
        for folder in given:  # artifacts of the jobs it needs
            shutil.copytree(folder, at, dirs_exist_ok=True)
        result = Result()
        lines = ["set -eo pipefail", *job["before_script"], *job["script"]]
        result.code = self.shell(result, ["bash"], "\n".join(lines), at, environment).returncode
        self.shell(result, ["bash"], "\n".join(job["after_script"]), at, environment)
        artifacts = job["artifacts"]
        if result.code == 0 or artifacts["when"] == "always":
            self.keep(str(self.runs), name, at, [*artifacts["paths"], *artifacts.get("reports", {}).values()])
        result.warns = result.code in job.get("allow_failure", {}).get("exit_codes", [])
        result.left = sorted(path.name for path in pathlib.Path(f"{at}.tmp").glob("*"))
        result.run = str(self.runs)
        return result


class Azure(Platform):
    """https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/"""

    def stages(self, reason, branch="refs/heads/main", plan="Skipped"):
        variables = {"Build.Reason": reason, "Build.SourceBranch": branch}
        return [
            stage["stage"]
            for stage in load("azure-devops/azure-pipelines.yml")["stages"]
            if self.evaluate(stage["condition"], variables, True, plan)
        ]

    @staticmethod
    def evaluate(text, variables, well, plan="Skipped"):
        names = {
            "always": lambda: True, "succeeded": lambda: well, "succeededOrFailed": lambda: True,
            "and_": lambda *all_: all(all_), "in_": lambda what, *words: what in words,
            "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "variables": variables, "plan": plan,
        }
        text = re.sub(r"\b(and|in)\(", r"\1_(", text).replace("dependencies.plan.result", "plan")
        return eval(" ".join(text.split()), names)

    def run(self, name, reason, revision, **variables):
        stage = next(s for s in load("azure-devops/azure-pipelines.yml")["stages"] if s["stage"] == name)
        job = stage["jobs"][0]
        steps = job["steps"] if "steps" in job else job["strategy"]["runOnce"]["deploy"]["steps"]
        self.runs += 1
        run = str(self.runs)
        temporary = self.folder / f"temporary-{run}"
        temporary.mkdir()
        macros = {
            "Build.Reason": reason, "System.AccessToken": "platform-token", "System.TeamProjectId": "team",
            "System.DefinitionId": "12",
        }
        environment = {
            **self.environment(),
            "AGENT_TEMPDIRECTORY": str(temporary),
            "SYSTEM_COLLECTIONURI": "https://dev.azure.com/contoso/",
            "SYSTEM_TEAMPROJECTID": "team",
            "SYSTEM_DEFINITIONID": "12",
            "BUILD_REPOSITORY_ID": "repo",
            "BUILD_SOURCEVERSION": revision,
            **variables,
        }
        result, at = Result(), None
        result.warns = False
        for step in steps:
            if not self.evaluate(step.get("condition", "succeeded()"), macros, result.code == 0):
                continue
            if "checkout" in step:
                at = self.checkout(revision)
                macros["Build.SourcesDirectory"] = str(at)
            elif "bash" in step:
                own = {key: self.fill(value, macros) for key, value in step.get("env", {}).items()}
                # This task's shell goes on after errors.
                shell = ["bash", "--noprofile", "--norc"]
                ran = self.shell(result, shell, step["bash"], at, {**environment, **own})
                result.code = result.code or ran.returncode
                for variable, value in re.findall(r"##vso\[task\.setvariable variable=(\w+)\](.*)", ran.stdout):
                    macros[variable] = value
                result.warns |= "##vso[task.complete result=SucceededWithIssues;]" in ran.stdout
            elif "publish" in step:
                if not self.keep(run, step["artifact"], at, [step["publish"]]):
                    result.code = result.code or 1
            else:
                self.task(step, at, run, macros, temporary)
        for path in temporary.glob("*.keytab"):  # as the agent does
            path.unlink()
        result.left = [path.name for path in temporary.glob("*")]
        result.run = run
        return result

    @staticmethod
    def fill(text, macros):
        return re.sub(r"\$\(([\w.]+)\)", lambda name: macros[name[1]], text)

    def task(self, step, at, run, macros, temporary):
        inputs = {key: self.fill(value, macros) for key, value in step["inputs"].items()}
        if step["task"] == "DownloadSecureFile@1":
            file = temporary / inputs["secureFile"]
            file.touch(mode=0o600)
            file.write_text({"reader.keytab": READER, "writer.keytab": WRITER}[file.name], encoding="utf-8")
            macros[f"{step['name']}.secureFilePath"] = str(file)
        elif step["task"] == "DownloadPipelineArtifact@2":
            of = inputs["runId"] if inputs["buildType"] == "specific" else self.this_run
            shutil.copytree(self.artifacts[of, inputs["artifact"]], inputs["path"], dirs_exist_ok=True)
        elif step["task"] == "PublishTestResults@2":
            file = at / inputs["testResultsFiles"]
            if file.exists():
                assert xml.parse(file).getroot().tag == "testsuites"
        else:
            raise AssertionError(f"unknown task {step['task']}")
