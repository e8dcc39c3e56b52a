"""How the action's inputs become a command line."""

import pathlib
import tempfile
import unittest

import release
import runner

#: Prints its arguments, one a line and unmistakably, and then the environment's few names of interest.
PROGRAM = """#!/bin/sh
for argument in "$@"; do printf 'argument <%s>\\n' "$argument"; done
echo "event <$GITHUB_EVENT_NAME>"
echo "token <$GITHUB_TOKEN> database <$DATABASE_URL> limit <$YARDMASTER_TIME_LIMIT>"
"""
JOB = "3f0c5a4e-8f5e-4a43-9a0a-5d1c3d9f6b11"


class StepTests(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="yardmaster step ")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.action = release.action_copy(self.folder / "the action", "")
        self.program = self.folder / "yardmaster"
        self.program.write_text(PROGRAM)
        self.program.chmod(0o755)

    def run_step(self, **inputs):
        inputs = {name.replace("_", "-"): value for name, value in inputs.items()}
        step = runner.Step(
            self.action, "yardmaster", self.folder / "work", inputs={"github-token": "secret", **inputs},
            outputs={"steps.executable.outputs.path": str(self.program)},
            environment={"GITHUB_REPOSITORY": "octo/repo", "GITHUB_EVENT_NAME": "push",
                         "GITHUB_EVENT_PATH": "/runner/event.json"})
        result = step.run()
        self.outputs, self.summary = step.outputs(), step.summary_path.read_text()
        return result

    def refused(self, words, **inputs):
        """An unusable input: status 64, and the words in log, annotation, outputs and summary."""
        result = self.run_step(**inputs)
        self.assertEqual(result.returncode, 64, result.stderr)
        self.assertIn(words, result.stderr)
        annotation = [line for line in result.stdout.splitlines() if line.startswith("::error ")]
        self.assertEqual([words in line for line in annotation], [True], result.stdout)
        self.assertEqual(self.outputs, {"outcome": "failed"})
        self.assertIn(words, self.summary)
        self.assertIn("**What to do:** ", self.summary)
        self.assertNotIn("argument <", result.stdout)

    def arguments(self, **inputs):
        result = self.run_step(**inputs)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [line[10:-1] for line in result.stdout.splitlines() if line.startswith("argument <")]

    def test_run_is_the_default_and_takes_everything_from_the_environment(self):
        result = self.run_step(database_url="postgresql://db", time_limit="30")
        self.assertEqual(
            result.stdout.splitlines(),
            ["argument <run>", "event <push>", "token <secret> database <postgresql://db> limit <30>"])

    def test_credentials_are_environment_and_no_arguments(self):
        self.program.write_text(
            '#!/bin/sh\necho "$#" "$YARDMASTER_APP_ID" "$YARDMASTER_APP_PRIVATE_KEY" '
            '"$YARDMASTER_APP_INSTALLATION_ID" "$YARDMASTER_TOKENS"\n')
        result = self.run_step(app_id="12", app_private_key="-----BEGIN", app_installation_id="34", tokens="a b")
        self.assertEqual(result.stdout, "1 12 -----BEGIN 34 a b\n")

    def test_commands(self):
        cases = [
            (dict(command="migrate"), ["migrate"]),
            (dict(command="doctor"), ["doctor"]),
            (dict(command="status"), ["status"]),
            (dict(command="status", job_id=JOB), ["status", f"--job-id={JOB}"]),
            (dict(command="sync", job_id=JOB, time_limit="9"), ["sync", f"--job-id={JOB}", "--time-limit=9"]),
            (dict(command="plan"), ["plan", "--repository=octo/repo", "--all"]),
            (dict(command="plan", days_back="all", max_items="0"), ["plan", "--repository=octo/repo", "--all"]),
            (dict(command="plan", repository="a/b", days_back="30", since="2026-01-01", max_items="5", chunk_size="9",
                  jobs="2", job_id=JOB),
             ["plan", "--repository=a/b", "--days-back=30", "--max-items=5", "--chunk-size=9", "--jobs=2",
              f"--job-id={JOB}"]),
            (dict(command="plan", days_back="ALL", max_items=" 0 "), ["plan", "--repository=octo/repo", "--all"]),
            (dict(command="plan", days_back=" 0 ", max_items="00"), ["plan", "--repository=octo/repo", "--all"]),
            (dict(command="plan", days_back=" 5D\t", max_items=" 7 "),
             ["plan", "--repository=octo/repo", "--days-back=5", "--max-items=7"]),
            (dict(command="plan", days_back="  "), ["plan", "--repository=octo/repo", "--all"]),
            (dict(command="plan", days_back=" a b "), ["plan", "--repository=octo/repo", "--days-back=a b"]),
            (dict(command=" plan\n", repository="\ta/b ", job_id=f" {JOB} ", chunk_size=" 9 ", jobs=" 2"),
             ["plan", "--repository=a/b", "--chunk-size=9", "--jobs=2", f"--job-id={JOB}"]),
            (dict(command="plan", repository=" ", job_id=" ", since=" 2026-01-01 "),
             ["plan", "--repository=octo/repo", "--since=2026-01-01"]),
            (dict(command="sync", job_id=f"{JOB}\n"), ["sync", f"--job-id={JOB}"]),
            (dict(command="continue", job_id=f" {JOB}"), ["continue", f"--job-id={JOB}"]),
            (dict(command="status", job_id=f"{JOB} "), ["status", f"--job-id={JOB}"]),
            (dict(command="sweep", repository=" a/b", audit_points=" 5 "),
             ["sweep", "--repository=a/b", "--audit-points=5"]),
            (dict(command="plan", since="2026-01-01"), ["plan", "--repository=octo/repo", "--since=2026-01-01"]),
            (dict(command="sweep", only=" automation", since="2026-01-01 "),
             ["sweep", "--repository=octo/repo", "--only=automation", "--since=2026-01-01"]),
            (dict(command="run", dry_run="true"), ["run", "--dry-run"]),
            (dict(command="run", dry_run="false"), ["run"]),
            (dict(command="rollback", transaction=f" {JOB}", dry_run="True", force="false"),
             ["rollback", f"--transaction={JOB}", "--dry-run"]),
            (dict(command="rollback", run_id="7 ", dry_run="false", force="true"),
             ["rollback", "--run-id=7", "--force"]),
            (dict(command="replay", event_id=f"{JOB} "), ["replay", f"--event={JOB}"]),
            (dict(command="replay", event_id=JOB, dry_run=" true"), ["replay", f"--event={JOB}", "--dry-run"]),
            (dict(command="actions"), ["actions", "--repository=octo/repo"]),
            (dict(command="actions", repository="a/b", number="3"), ["actions", "--repository=a/b", "--number=3"]),
            (dict(command="story", number=" 3"), ["story", "--repository=octo/repo", "--number=3"]),
            (dict(command="dead-letters"), ["dead-letters", "--repository=octo/repo"]),
            (dict(command="audit-verify"), ["audit", "verify", "--repository=octo/repo"]),
            (dict(command="audit-verify", anchor=" 1:aa\n2:bb\t* "),
             ["audit", "verify", "--repository=octo/repo", "--anchor=1:aa", "--anchor=2:bb", "--anchor=*"]),
            (dict(command="audit-export", format="csv", output="the audit.csv", since="2026-01-01"),
             ["audit", "export", "--repository=octo/repo", "--since=2026-01-01", "--format=csv",
              "--output=the audit.csv"]),
            (dict(command="explain"), ["explain", "--event=/runner/event.json"]),
            (dict(command="explain", event_file="an event.json", event_name="issues"),
             ["explain", "--event=an event.json", "--name=issues"]),
        ]
        for inputs, expected in cases:
            with self.subTest(inputs=inputs):
                self.assertEqual(self.arguments(**inputs), expected)

    def test_hostile_inputs_stay_one_argument(self):
        for value in ('$(touch owned)', '`touch owned`', '"; touch owned; "', "'; touch owned; '", "a b\tc * ?",
                      "--full", "-h", "${{ github.token }}", "; exit 0"):
            with self.subTest(value=value):
                self.assertEqual(
                    self.arguments(command="plan", repository=value, days_back="1"),
                    ["plan", f"--repository={value}", "--days-back=1"])
                self.assertEqual(
                    self.arguments(command="audit-verify", anchor=value)[3:],
                    [f"--anchor={word}" for word in value.split()])
                self.assertEqual(
                    self.arguments(command="rollback", transaction=value), ["rollback", f"--transaction={value}"])
                self.assertEqual(list(self.folder.rglob("owned")), [])

    def test_unknown_command_is_refused(self):
        for command in ("rm", "run; ls", "--version"):
            with self.subTest(command=command):
                self.refused("must be one of", command=command)
                self.assertNotIn(command, self.summary)

    def test_command_without_what_it_needs_is_refused(self):
        needs = dict(sync="job_id", replay="event_id", story="number", rollback="transaction")
        for command, name in needs.items():
            for value in ("", "  "):
                with self.subTest(command=command, value=value):
                    self.refused(name.replace("_", "-"), command=command, **{name: value})

    def test_rollback_takes_one_target(self):
        self.refused("one of the inputs", command="rollback", transaction=JOB, run_id="7")

    def test_flag_that_is_neither_true_nor_false_is_refused(self):
        """A misspelt dry run must not act."""
        for value in ("yes", "1", "ture", "--force", "$(true)"):
            for inputs in (dict(command="run", dry_run=value), dict(command="rollback", run_id="7", force=value)):
                with self.subTest(inputs=inputs):
                    self.refused("must be true or false", **inputs)

    def test_another_event_file_has_not_the_runs_event_name(self):
        for inputs, name in ((dict(), "push"), (dict(event_file="opened.json"), "")):
            with self.subTest(inputs=inputs):
                self.assertIn(f"event <{name}>", self.run_step(command="explain", **inputs).stdout.splitlines())

    def test_the_executables_exit_status_is_the_steps(self):
        for status in (0, 1, 64, 75, 78, 130):
            with self.subTest(status=status):
                self.program.write_text(f"#!/bin/sh\nexit {status}\n")
                self.assertEqual(self.run_step().returncode, status)


if __name__ == "__main__":
    unittest.main()
