"""How the action's inputs become a command line."""

import pathlib
import tempfile
import unittest

import release
import runner

#: Prints its arguments, one a line and unmistakably, and then the environment's few names of interest.
PROGRAM = """#!/bin/sh
for argument in "$@"; do printf 'argument <%s>\\n' "$argument"; done
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
            environment={"GITHUB_REPOSITORY": "octo/repo"})
        return step.run()

    def arguments(self, **inputs):
        result = self.run_step(**inputs)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [line[10:-1] for line in result.stdout.splitlines() if line.startswith("argument <")]

    def test_run_is_the_default_and_takes_everything_from_the_environment(self):
        result = self.run_step(database_url="postgresql://db", time_limit="30")
        self.assertEqual(
            result.stdout.splitlines(), ["argument <run>", "token <secret> database <postgresql://db> limit <30>"])

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
                self.assertEqual(list(self.folder.rglob("owned")), [])

    def test_unknown_command_is_refused(self):
        for command in ("rm", "run; ls", "--version"):
            with self.subTest(command=command):
                result = self.run_step(command=command)
                self.assertEqual(result.returncode, 78)
                self.assertIn("must be one of", result.stderr)
                self.assertNotIn("argument", result.stdout.replace("::error", ""))

    def test_sync_without_a_job_is_refused(self):
        for job in ("", "  "):
            with self.subTest(job=job):
                result = self.run_step(command="sync", job_id=job)
                self.assertEqual(result.returncode, 78)
                self.assertIn("job-id", result.stderr)

    def test_the_executables_exit_status_is_the_steps(self):
        for status in (0, 1, 64, 75, 78, 130):
            with self.subTest(status=status):
                self.program.write_text(f"#!/bin/sh\nexit {status}\n")
                self.assertEqual(self.run_step().returncode, status)


if __name__ == "__main__":
    unittest.main()
