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
COPIED = ("issue-automation", "history-events", "history-sync", "sweep", "rollback", "operations")
#: With the one that reads a checked-out file, and has no secrets.
ALL = (*COPIED, "config-check")
PLACEHOLDER = f"{release.ACTION}@" + "0" * 40
#: What operations.yml keeps its file with, here a copy into a folder of the tests.
UPLOAD = """\
name: Upload
inputs: { name: { required: true }, path: { required: true }, if-no-files-found: {}, retention-days: {} }
runs:
  using: composite
  steps:
    - run: cp "$UPLOADED" "$ARTIFACTS/"
      shell: bash
      env: { UPLOADED: "${{ inputs.path }}" }
"""
CONFIGURATION = """\
mode: live
rules:
  - name: crash
    when:
      title: crash
    then:
      label: bug
      comment: Thanks, {{author}}.
  - name: unfinished
    on: pull_request.labeled
    when:
      labels: wip
    then:
      label: do not merge
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
        operations = (release.ROOT / ".github/workflows/operations.yml").read_text()
        cls.upload = re.search(r"actions/upload-artifact@[0-9a-f]{40}", operations)[0]
        cls.uploader, cls.artifacts = cls.folder / "upload", cls.folder / "artifacts"
        for folder in (cls.uploader, cls.artifacts):
            folder.mkdir()
        (cls.uploader / "action.yml").write_text(UPLOAD)
        release.commit(cls.uploader)
        cls.runs = 100

    @classmethod
    def make_workspace(cls):
        """A repository with the copied workflows, the placeholder replaced as their comment says."""
        workspace = cls.folder / "workspace"
        workflows = workspace / ".github/workflows"
        workflows.mkdir(parents=True)
        for name in ALL:
            text = (release.ROOT / f".github/workflows/{name}.yml").read_text()
            assert PLACEHOLDER in text, f"{name}.yml does not use {PLACEHOLDER}"
            (workflows / f"{name}.yml").write_text(text.replace(PLACEHOLDER, f"{release.ACTION}@{cls.commit}"))
        release.commit(workspace)
        subprocess.run(
            ["git", "remote", "add", "origin", f"https://github.com/{cls.double.repository}"], cwd=workspace, check=True)
        return workspace

    def act(self, event, payload, workflow, run=None, status=0, actor="alice"):
        """Runs one workflow, which `actor` started; returns act's log."""
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
            str(ACT), event, "--actor", actor, "--eventpath", str(file), "--workflows", f".github/workflows/{workflow}.yml",
            "--platform", "ubuntu-latest=-self-hosted", "--secret-file", str(secrets),
            "--local-repository", f"{release.ACTION}@{self.commit}={self.action}",
            "--local-repository", f"{self.upload}={self.uploader}", "--env", f"ARTIFACTS={self.artifacts}",
            "--env", f"YARDMASTER_RELEASE_URL={self.url}", "--env", f"GITHUB_API_URL={self.double.url}",
            "--env", f"GITHUB_GRAPHQL_URL={self.double.url}/graphql", "--env", f"GITHUB_RUN_ID={run}",
            "--env", f"GITHUB_TRIGGERING_ACTOR={actor}",
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

    def dispatch(self, workflow, status=0, actor="alice", **inputs):
        """Runs a workflow by hand, as the form on GitHub does: every input is text."""
        return self.act("workflow_dispatch", {"inputs": inputs}, workflow, status=status, actor=actor)

    def labelled(self, title):
        """An issue that the rule has labelled: its number, and the transaction."""
        opened = self.double.open_issue(title, "", "bob")
        number = opened["issue"]["number"]
        log = self.act("issues", opened, "issue-automation")
        self.assertEqual(self.double.issue(number)["labels"], ["bug"])
        return number, self.output(log, "transaction-id")[0]

    def test_rollback_is_a_dry_run_first_and_then_takes_back(self):
        number, transaction = self.labelled("Crash on Tuesdays")
        changes = self.double.mutations()
        # The form's own values: the tick is set.
        planned = self.dispatch("rollback", transaction=transaction, run_id="", dry_run="true", force="false")
        self.assertEqual(self.double.mutations(), changes, planned)
        self.dispatch("rollback", transaction=transaction, run_id="", dry_run="false", force="false")
        issue = self.double.issue(number)
        self.assertEqual((issue["labels"], issue["comments"]), ([], []))
        with self.subTest("and can be taken back itself"):
            undone = self.query(
                "SELECT DISTINCT transaction_id FROM yardmaster.actions "
                f"WHERE number = {number} AND transaction_id <> '{transaction}'")
            self.assertEqual(len(undone), 1)
            self.dispatch("rollback", transaction=undone[0][0], run_id="", dry_run="false", force="false")
            self.assertEqual(self.double.issue(number)["labels"], ["bug"])

    def test_rollback_needs_the_permission_of_whoever_started_it(self):
        number, transaction = self.labelled("Crash on Wednesdays")
        inputs = dict(transaction=transaction, run_id="", dry_run="false", force="false")
        # bob can write, and with that start workflows; maintain is what the configuration asks for.
        log = self.dispatch("rollback", status=1, actor="bob", **inputs)
        self.assertIn("a rollback needs maintain", log)
        self.assertEqual(self.double.issue(number)["labels"], ["bug"])

    def test_rollback_is_refused_where_a_person_changed_the_item_since(self):
        number, transaction = self.labelled("Crash on Thursdays")
        self.double.act("carol", number, "unlabel", "bug")
        self.double.act("carol", number, "label", "bug")
        inputs = dict(transaction=transaction, run_id="", dry_run="false")
        self.dispatch("rollback", status=1, force="false", **inputs)
        issue = self.double.issue(number)
        self.assertEqual((issue["labels"], len(issue["comments"])), (["bug"], 1), "nothing, rather than a part")
        self.dispatch("rollback", force="true", **inputs)
        self.assertEqual(self.double.issue(number)["labels"], [])

    def test_undo_command_takes_back_the_last_transaction(self):
        number, _ = self.labelled("Crash on Fridays")
        self.act("issue_comment", self.double.comment(number, "/undo", "alice"), "issue-automation")
        self.assertEqual(self.double.issue(number)["labels"], [])

    def test_refused_command_is_answered(self):
        opened = self.double.open_issue("A question", "", "bob")
        number = opened["issue"]["number"]
        self.act("issue_comment", self.double.comment(number, "/close", "mallory"), "issue-automation")
        issue = self.double.issue(number)
        self.assertEqual(issue["state"], "open")
        self.assertIn("/close", issue["comments"][-1]["body"])

    def test_sweep_processes_what_no_event_brought(self):
        lost = self.double.open_issue("Crash that nobody heard of", "", "bob")["issue"]["number"]
        asked = self.double.open_issue("Please close", "", "bob")["issue"]["number"]
        self.double.comment(asked, "/close not planned", "alice")
        self.act("schedule", {"schedule": "17 3 * * *"}, "sweep")
        self.assertEqual(self.double.issue(lost)["labels"], ["bug"])
        self.assertEqual(self.double.issue(asked)["state_reason"], "not_planned")
        changes = self.double.mutations()
        self.dispatch("sweep", repository_name="", only="automation", since="2020-01-01")
        self.assertEqual(self.double.mutations(), changes, "the second sweep finds nothing")
        with self.subTest("the hourly sweep leaves the history alone"):
            workflow = (self.workspace / ".github/workflows/sweep.yml").read_text()
            hourly = re.search(r'# - cron: "(.*)"', workflow)[1]
            log = self.act("schedule", {"schedule": hourly}, "sweep")
            self.assertIn("Rules and commands: what events missed", log)
            self.assertNotIn("Sweep of `", log)

    def operate(self, operation, status=0, **inputs):
        """operations.yml with the form's own values but for these."""
        form = dict(event_id="", dry_run="true", number="", anchor="", format="jsonl")
        return self.dispatch("operations", status=status, operation=operation, **{**form, **inputs})

    def test_operations_by_hand(self):
        number, _ = self.labelled("Crash on Saturdays")
        with self.subTest("the environment"):
            self.assertIn("ok    Database", self.operate("doctor"))
        with self.subTest("a story"):
            self.assertIn("add label 'bug': done", self.operate("story", number=str(number)))
            self.assertIn("needs the input number", self.operate("story", status=1))
        with self.subTest("the audit log"):
            whole = self.operate("audit-verify")
            anchor = re.search(r"anchor (\d+:[0-9a-f]{64})", whole)[1]
            self.operate("audit-verify", anchor=anchor)
            self.operate("audit-verify", status=1, anchor=anchor.replace(":", "9:", 1))
        for form in ("jsonl", "csv"):
            with self.subTest("the audit log as a file", format=form):
                self.operate("audit-export", format=form)
                rows = self.query("SELECT count(*) FROM yardmaster.audit_log")[0][0]
                text = (self.artifacts / f"audit.{form}").read_text()
                self.assertGreaterEqual(text.count("\n"), int(rows))

    def test_what_failed_is_replayed_by_hand(self):
        opened = self.double.open_issue("Crash on Sundays", "", "bob")
        number = opened["issue"]["number"]
        refused = {"kind": "answer", "status": 403, "body": '{"message":"Forbidden"}', "match": {"target": "*/labels"}}
        self.double.call("POST", "faults", {"faults": [refused]})
        self.act("issues", opened, "issue-automation", status=1)
        event = self.query(f"SELECT id FROM yardmaster.events WHERE number = {number} AND outcome = 'failed'")[0][0]
        self.assertIn("nothing failed for good", self.operate("dead-letters"))
        self.operate("replay", event_id=event)
        self.assertEqual(self.double.issue(number)["labels"], [], "the form's own values are a dry run")
        self.operate("replay", event_id=event, dry_run="false")
        self.assertEqual(self.double.issue(number)["labels"], ["bug"])

    def test_an_issue_is_tried_by_hand(self):
        number = self.double.open_issue("Crash by hand", "", "bob")["issue"]["number"]
        changes = self.double.mutations()
        inputs = dict(issue=str(number), payload="", event="")
        log = self.dispatch("issue-automation", mode="dry-run", **inputs)
        self.assertIn("rule 'crash': the title contains", log)
        self.assertEqual(self.double.mutations(), changes, "the dry run changed nothing")
        self.dispatch("issue-automation", mode="live", **inputs)
        self.assertEqual(self.double.issue(number)["labels"], ["bug"])

    def test_a_payload_is_tried_by_hand(self):
        opened = self.double.open_issue("Crash in a payload", "", "bob")
        changes = self.double.mutations()
        log = self.dispatch(
            "issue-automation", issue="", payload=json.dumps(opened), event="issues", mode="dry-run")
        self.assertIn("rule 'crash': the title contains", log)
        self.assertEqual(self.double.mutations(), changes)

    def test_rules_on_pull_requests_run_where_their_trigger_is_uncommented(self):
        workflow = self.workspace / ".github/workflows/issue-automation.yml"
        text = workflow.read_text()
        self.addCleanup(workflow.write_text, text)
        lines = text.splitlines(keepends=True)
        first = next(number for number, line in enumerate(lines) if line.startswith("  # pull_request_target:"))
        # As the comment above them says.
        for number in range(first, first + 4):
            lines[number] = lines[number].replace("# ", "", 1)
        workflow.write_text("".join(lines))
        number = self.double.call("GET", "truth?table=pull_requests")[0]["number"]
        labelled = self.double.act("carol", number, "label", "wip")
        self.assertEqual(labelled["event"], "pull_request")
        self.act("pull_request_target", labelled["payload"], "issue-automation")
        self.assertIn("do not merge", self.double.issue(number)["labels"])

    def test_configuration_of_a_pull_request_is_checked(self):
        file = self.workspace / ".github/yardmaster.yml"
        self.addCleanup(lambda: file.unlink(missing_ok=True))
        pull = {"action": "opened", "number": 1, "pull_request": {"head": {"ref": "x"}, "base": {"ref": "main"}}}
        file.write_text(CONFIGURATION)
        self.act("pull_request", pull, "config-check")
        file.write_text(CONFIGURATION.replace("then:", "them:"))
        log = self.act("pull_request", pull, "config-check", status=1)
        self.assertRegex(log, r"file=\.github/yardmaster\.yml,line=6")

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
        is cancelled for a later one loses nothing. What is checked out is read by the one workflow without secrets."""
        for name in COPIED:
            content = runner.YAML(typ="safe").load((release.ROOT / f".github/workflows/{name}.yml").read_text())
            if name != "sweep":
                self.assertNotIn("concurrency", content)
            for job in content["jobs"].values():
                self.assertNotIn("concurrency", job)
                for step in job["steps"]:
                    self.assertNotIn("checkout", step.get("uses", ""), "no stranger's code beside the secrets")
        self.assertNotIn("secrets.", (release.ROOT / ".github/workflows/config-check.yml").read_text())


if __name__ == "__main__":
    unittest.main()
