"""What a step does when its run is cancelled: SIGINT to the entry process, SIGTERM 7.5 s later, the end after 10 s."""

import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

import release
import runner
import sandbox

DIST = release.ROOT / ".build/dist"


class RunnerTests(unittest.TestCase):
    """The runner's part itself, on steps that obey and steps that do not."""

    def cancel(self, script):
        with tempfile.TemporaryDirectory() as folder:
            marker = pathlib.Path(folder, "ready")
            process = subprocess.Popen(
                ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script], cwd=folder,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
            sandbox.until(marker.exists)
            return runner.cancel(process)

    def test_step_that_execs_gets_the_interrupt(self):
        ended = self.cancel("""exec python3 -c '
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
open("ready", "w").close()
signal.pause()'""")
        self.assertEqual((ended.signals, ended.status), ([signal.SIGINT], 130))

    def test_step_that_does_not_exec_loses_its_child(self):
        """Why action.yml ends in exec: the shell waits for its child, which hears nothing, and both are killed."""
        ended = self.cancel("""python3 -c '
import signal
open("ready", "w").close()
signal.pause()'
true""")
        self.assertEqual(ended.signals[:2], [signal.SIGINT, signal.SIGTERM])
        self.assertLess(ended.status, 0)

    def test_step_that_ignores_signals_is_killed_after_ten_seconds(self):
        ended = self.cancel("trap '' INT TERM; touch ready; while true; do sleep 0.1; done")
        self.assertEqual(ended.signals, [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
        self.assertEqual(ended.status, -signal.SIGKILL)
        self.assertGreaterEqual(ended.seconds, 9.9)


class CancellationTests(unittest.TestCase):
    """The action's own step, with the release executable, in the middle of a sync."""

    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="yardmaster-cancel-"))
        cls.folder = pathlib.Path(folder)
        cls.action = release.action_copy(cls.folder / "action", (DIST / "SHA256SUMS").read_text())
        releases = cls.folder / "releases"
        release.serve_copy(DIST, releases)
        url, _ = cls.enterClassContext(release.server(releases))
        cls.cluster = cls.enterClassContext(sandbox.Cluster(release.ROOT / ".build/test-postgres", "--tcp", "--fast"))
        cls.double = cls.enterClassContext(sandbox.Double(
            cls.folder / "double", "--pull-requests", 60, "--issues", 20, "--seed", 5))
        install = runner.Step(
            cls.action, "executable", cls.folder / "install", environment={"YARDMASTER_RELEASE_URL": url})
        result = install.run()
        assert result.returncode == 0, result.stderr
        cls.executable = install.outputs()["path"]

    def setUp(self):
        self.database = self.cluster.new_database("yardmaster_cancellation")
        self.addCleanup(
            sandbox.query, self.cluster.url, "DROP DATABASE IF EXISTS yardmaster_cancellation WITH (FORCE)")

    def step(self, command, **inputs):
        job = sandbox.Job(self.folder / "job", self.double, self.database, run=7)
        inherited = {
            name: value for name, value in job.environment.items()
            if name.startswith("GITHUB_") and name not in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_TOKEN")}
        return runner.Step(
            self.action, "yardmaster", self.folder / command,
            inputs={"command": command, "database-url": self.database, "github-token": sandbox.TOKEN,
                    **{name.replace("_", "-"): value for name, value in inputs.items()}},
            outputs={"steps.executable.outputs.path": self.executable}, environment=inherited)

    def plan(self):
        plan = self.step("plan", chunk_size="20")
        result = plan.run()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return plan.outputs()["job-id"]

    def stored(self):
        return int(sandbox.query(
            self.database, "SELECT coalesce(sum(items_done), 0) FROM yardmaster.capture_chunks")[0][0])

    def held_sync(self, identifier):
        """A sync that has stored something and waits for GitHub, which does not answer."""
        self.double.hold("*/graphql", skip=2)
        self.addCleanup(self.double.release)
        sync = self.step("sync", job_id=identifier)
        log = self.folder / "sync.log"
        process = sync.start(log)
        sandbox.until(lambda: process.poll() is not None or (
            self.double.held() and self.stored() > 0))
        self.assertIsNone(process.poll(), log.read_text(errors="replace"))
        return sync, process, log

    def assert_resumes(self, identifier):
        self.double.release()
        sync = self.step("sync", job_id=identifier)
        result = sync.run()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(sync.outputs()["complete"], "true")
        compared = subprocess.run(
            [str(release.ROOT / "Scripts/compare-truth"), self.double.url, self.database, self.double.repository],
            capture_output=True, text=True, check=False)
        self.assertEqual(compared.returncode, 0, compared.stdout + compared.stderr)

    def assert_in_good_order(self, sync, log):
        text = log.read_text(errors="replace")
        self.assertEqual(sync.outputs().get("complete"), "false", text)
        self.assertGreater(self.stored(), 0, "the checkpoint is saved")
        leased = sandbox.query(
            self.database, "SELECT count(*) FROM yardmaster.capture_chunks WHERE status = 'leased'")[0][0]
        self.assertEqual(leased, "0", "the chunk is given back, for whoever comes next")

    def test_cancelled_sync_ends_within_a_second_with_its_checkpoint_saved(self):
        identifier = self.plan()
        sync, process, log = self.held_sync(identifier)
        ended = runner.cancel(process)
        self.assertEqual(ended.signals, [signal.SIGINT], log.read_text(errors="replace"))
        self.assertEqual(ended.status, 130)
        self.assertLess(ended.seconds, 1.0)
        self.assert_in_good_order(sync, log)
        self.assert_resumes(identifier)

    def test_terminated_sync_ends_with_143(self):
        identifier = self.plan()
        sync, process, log = self.held_sync(identifier)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=5), 143, log.read_text(errors="replace"))
        self.assertLess(time.monotonic() - began, 1.0)
        self.assert_in_good_order(sync, log)

    def test_killed_sync_is_resumed_by_the_next(self):
        identifier = self.plan()
        _, process, _ = self.held_sync(identifier)
        process.kill()
        self.assertEqual(process.wait(timeout=5), -signal.SIGKILL)
        before = self.stored()
        self.assertGreater(before, 0)
        self.assert_resumes(identifier)


if __name__ == "__main__":
    unittest.main()
