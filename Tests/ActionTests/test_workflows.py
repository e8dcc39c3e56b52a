"""The workflows that a user copies, run for real: by act on this machine, with the action at a full commit, its
executable downloaded from a release server on loopback, against the GitHub double and a private PostgreSQL."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import release
import runner
import sandbox

DIST = release.ROOT / ".build/dist"
ACT = pathlib.Path(sys.executable).with_name("act")
COPIED = ("issue-automation", "history-events", "history-sync", "sweep")
PLACEHOLDER = f"{release.ACTION}@" + "0" * 40
CONFIGURATION = """\
mode: live
rules:
  - name: crash
    when:
      title: crash
    then:
      label: bug
"""


class WorkflowTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="yardmaster-act-")))
        cls.action = release.action_copy(cls.folder / "action", (DIST / "SHA256SUMS").read_text())
        cls.commit = release.commit(cls.action)
        releases = cls.folder / "releases"
        release.serve_copy(DIST, releases)
        cls.url, cls.downloads = cls.enterClassContext(release.server(releases))
        cls.cluster = cls.enterClassContext(sandbox.Cluster(release.ROOT / ".build/test-postgres", "--tcp", "--fast"))
        configuration = cls.folder / "yardmaster.yml"
        configuration.write_text(CONFIGURATION)
        cls.double = cls.enterClassContext(sandbox.Double(
            cls.folder / "double", "--pull-requests", 60, "--issues", 20, "--seed", 11, "--config", configuration))
        cls.database = cls.cluster.new_database("yardmaster_workflows")
        cls.addClassCleanup(
            sandbox.query, cls.cluster.url, "DROP DATABASE IF EXISTS yardmaster_workflows WITH (FORCE)")
        cls.workspace = cls.make_workspace()
        cls.runs = 100

    @classmethod
    def make_workspace(cls):
        """A repository with the copied workflows, the placeholder replaced as their comment says."""
        workspace = cls.folder / "workspace"
        workflows = workspace / ".github/workflows"
        workflows.mkdir(parents=True)
        for name in COPIED:
            text = (release.ROOT / f".github/workflows/{name}.yml").read_text()
            assert PLACEHOLDER in text, f"{name}.yml does not use {PLACEHOLDER}"
            (workflows / f"{name}.yml").write_text(text.replace(PLACEHOLDER, f"{release.ACTION}@{cls.commit}"))
        release.commit(workspace)
        subprocess.run(
            ["git", "remote", "add", "origin", f"https://github.com/{cls.double.repository}"], cwd=workspace, check=True)
        return workspace

    def act(self, event, payload, workflow, run=None, status=0):
        """Runs one workflow; returns act's log."""
        if run is None:
            type(self).runs += 1
            run = self.runs
        file = self.folder / "event.json"
        file.write_text(json.dumps(payload))
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        secrets = self.folder / "secrets"
        secrets.write_text(f"GITHUB_TOKEN={sandbox.TOKEN}\nDATABASE_URL={self.database}\n")
        command = [
            str(ACT), event, "--eventpath", str(file), "--workflows", f".github/workflows/{workflow}.yml",
            "--platform", "ubuntu-latest=-self-hosted", "--secret-file", str(secrets),
            "--local-repository", f"{release.ACTION}@{self.commit}={self.action}",
            "--env", f"YARDMASTER_RELEASE_URL={self.url}", "--env", f"GITHUB_API_URL={self.double.url}",
            "--env", f"GITHUB_GRAPHQL_URL={self.double.url}/graphql", "--env", f"GITHUB_RUN_ID={run}",
        ]
        result = subprocess.run(
            command, cwd=self.workspace, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", timeout=300, check=False,
            env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"),
                 "XDG_CONFIG_HOME": str(home / "config"), "NO_COLOR": "1"})
        self.assertEqual(result.returncode, status, result.stdout)
        self.assertNotIn(sandbox.TOKEN, result.stdout, "the token is in the log")
        return result.stdout

    def query(self, statement):
        return sandbox.query(self.database, statement)

    def output(self, log, name):
        return re.findall(rf"::set-output:: {re.escape(name)}=(.*)", log)

    def test_issue_is_labelled_once(self):
        opened = self.double.open_issue("Crash at start", "Every time.", "bob")
        number = opened["issue"]["number"]
        first = self.act("issues", opened, "issue-automation")
        self.assertIn("processed", self.output(first, "outcome"))
        self.assertIn("bug", self.double.issue(number)["labels"])
        changes = self.double.mutations()
        second = self.act("issues", opened, "issue-automation")
        self.assertIn("duplicate", self.output(second, "outcome"))
        self.assertEqual(self.double.mutations(), changes, "the second delivery changed nothing")
        self.assertEqual(
            [[outcome] for outcome in ("processed",)],
            self.query(f"SELECT outcome FROM yardmaster.events WHERE event_name = 'issues' AND number = {number}"))

    def test_comment_command_is_executed(self):
        opened = self.double.open_issue("How do I start it?", "", "bob")
        number = opened["issue"]["number"]
        commented = self.double.comment(number, "/label bug\n\n    /close\n", "alice")
        log = self.act("issue_comment", commented, "issue-automation")
        self.assertIn("processed", self.output(log, "outcome"))
        issue = self.double.issue(number)
        self.assertEqual(issue["labels"], ["bug"])
        self.assertEqual(issue["state"], "open", "a command in a code block is none")

    def test_dispatch_captures_the_history_in_several_jobs(self):
        # Small chunks, so that the matrix has several jobs.
        workflow = self.workspace / ".github/workflows/history-sync.yml"
        text = workflow.read_text()
        self.addCleanup(workflow.write_text, text)
        workflow.write_text(text.replace("command: plan\n", "command: plan\n          chunk-size: 20\n"))
        payload = {"inputs": {"repository_name": self.double.repository, "days_back": "", "max_items": "0"}}
        log = self.act("workflow_dispatch", payload, "history-sync")
        jobs = set(re.findall(r"^\[History sync/Sync (\d+)", log, flags=re.MULTILINE))
        self.assertGreaterEqual(len(jobs), 2, log)
        self.assertIn("[History sync/Report", log)
        self.assertEqual(
            self.query("SELECT DISTINCT status FROM yardmaster.capture_chunks"), [["completed"]], log)
        compared = subprocess.run(
            [str(release.ROOT / "Scripts/compare-truth"), self.double.url, self.database, self.double.repository],
            capture_output=True, text=True, check=False)
        self.assertEqual(compared.returncode, 0, compared.stdout + compared.stderr)
        with self.subTest("the nightly workflow finds little to do"):
            before = self.query("SELECT count(*) FROM yardmaster.pull_requests")
            self.act("schedule", {"schedule": "17 3 * * *"}, "sweep")
            self.assertEqual(self.query("SELECT count(*) FROM yardmaster.pull_requests"), before)

    def test_executable_is_downloaded_once(self):
        opened = self.double.open_issue("Nothing special", "", "bob")
        self.act("issues", opened, "issue-automation")
        self.act("issues", opened, "issue-automation")
        self.assertEqual(len(self.downloads), 1, "the tool cache serves every later job")

    def test_no_group_and_no_checkout(self):
        """A concurrency group cancels pending runs, and their events would be lost. A sweep is about no event: one that
        is cancelled for a later one loses nothing."""
        for name in COPIED:
            content = runner.YAML(typ="safe").load((release.ROOT / f".github/workflows/{name}.yml").read_text())
            if name != "sweep":
                self.assertNotIn("concurrency", content)
            for job in content["jobs"].values():
                self.assertNotIn("concurrency", job)
                for step in job["steps"]:
                    self.assertNotIn("checkout", step.get("uses", ""), "no stranger's code beside the secrets")


if __name__ == "__main__":
    unittest.main()
