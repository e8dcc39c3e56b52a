"""How the executable gets to the runner: one way in, and nothing that it did not check."""

import concurrent.futures
import os
import pathlib
import tempfile
import unittest

import release
import runner

VERSION = "9.8.7"
PROGRAM = b"#!/bin/sh\necho 9.8.7\n"


class InstallTests(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="yardmaster install ")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.releases = self.folder / "releases"
        checksums = release.pack(self.releases, VERSION, PROGRAM)
        self.action = release.action_copy(self.folder / "action", checksums)
        self.url, self.requests = self.enterContext(release.server(self.releases))

    def step(self, name="runner", **environment):
        return runner.Step(
            self.action, "executable", self.folder / name,
            environment={"YARDMASTER_RELEASE_URL": self.url, **environment})

    def kept(self, name="runner"):
        return sorted((self.folder / name / "tool cache" / "yardmaster").iterdir())

    def test_downloads_checks_and_keeps(self):
        step = self.step()
        result = step.run()
        self.assertEqual(result.returncode, 0, result.stderr)
        path = pathlib.Path(step.outputs()["path"])
        self.assertEqual(path.read_bytes(), PROGRAM)
        self.assertTrue(os.access(path, os.X_OK))
        self.assertEqual(self.requests, [f"/v{VERSION}/{release.archive_name(VERSION)}"])
        self.assertEqual(self.kept(), [path.parent], "nothing but the executable's folder is left")

    def test_second_use_asks_nobody(self):
        self.step().run()
        step = self.step(YARDMASTER_RELEASE_URL="http://127.0.0.1:1")
        result = step.run()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(pathlib.Path(step.outputs()["path"]).read_bytes(), PROGRAM)
        self.assertEqual(len(self.requests), 1)

    def test_executable_that_changed_in_the_cache_is_replaced(self):
        step = self.step()
        step.run()
        path = pathlib.Path(step.outputs()["path"])
        path.write_bytes(b"#!/bin/sh\necho something else\n")
        step = self.step()
        result = step.run()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(path.read_bytes(), PROGRAM)
        self.assertEqual(len(self.requests), 2)
        self.assertEqual(self.kept(), [path.parent])

    def test_archive_with_another_checksum_is_refused(self):
        release.pack(self.releases, VERSION, b"#!/bin/sh\necho replaced after the release\n")
        result = self.step().run()
        self.assertEqual(result.returncode, 78)
        self.assertIn("SHA-256 differs", result.stderr)
        self.assertIn("::error title=Yardmaster is not installed::", result.stdout)
        self.assertEqual(self.kept(), [], "nothing of it is kept")

    def test_truncated_archive_is_refused(self):
        path = self.releases / f"v{VERSION}" / release.archive_name(VERSION)
        path.write_bytes(path.read_bytes()[:-20])
        result = self.step().run()
        self.assertEqual(result.returncode, 78)
        self.assertEqual(self.kept(), [])

    def test_missing_release_says_so(self):
        (self.releases / f"v{VERSION}" / release.archive_name(VERSION)).unlink()
        result = self.step().run()
        self.assertEqual(result.returncode, 75)
        self.assertIn("could not be downloaded", result.stderr)
        self.assertEqual(self.kept(), [])

    def test_commit_that_is_no_release_says_so(self):
        for checksums in ("", "0" * 64 + "  yardmaster-1.0.0-linux-riscv.tar.gz\n"):
            with self.subTest(checksums=checksums):
                (self.action / "Scripts/release-checksums.txt").write_text(checksums)
                result = self.step().run()
                self.assertEqual(result.returncode, 78)
                self.assertIn("is no release", result.stderr)
                self.assertEqual(self.requests, [])

    def test_jobs_side_by_side_share_one_cache(self):
        cache = str(self.folder / "shared")
        steps = [self.step(f"job {number}", RUNNER_TOOL_CACHE=cache) for number in range(8)]
        with concurrent.futures.ThreadPoolExecutor(len(steps)) as pool:
            results = list(pool.map(lambda step: step.run(), steps))
        self.assertEqual([result.returncode for result in results], [0] * len(steps), results)
        paths = {step.outputs()["path"] for step in steps}
        self.assertEqual(len(paths), 1)
        self.assertEqual(pathlib.Path(paths.pop()).read_bytes(), PROGRAM)
        self.assertEqual(len(list(pathlib.Path(cache, "yardmaster").iterdir())), 1)

    def test_missing_library_is_named_with_the_command_that_installs_it(self):
        programs = self.folder / "programs"
        programs.mkdir()
        ldd = programs / "ldd"
        ldd.write_text("#!/bin/sh\nprintf '\\tlibpq.so.5 => not found\\n'\n")
        ldd.chmod(0o755)
        step = self.step(PATH=f"{programs}:{os.environ['PATH']}")
        result = step.run()
        self.assertEqual(result.returncode, 78)
        self.assertIn("lacks libpq.so.5", result.stderr)
        self.assertIn("apt-get install --yes libcurl4 libpq5", result.stderr)
        self.assertNotIn("path", step.outputs())

    def test_runner_of_another_architecture_is_refused(self):
        programs = self.folder / "programs"
        programs.mkdir()
        uname = programs / "uname"
        uname.write_text('#!/bin/sh\n[ "$1" = -s ] && echo Linux || echo riscv64\n')
        uname.chmod(0o755)
        result = self.step(PATH=f"{programs}:{os.environ['PATH']}").run()
        self.assertEqual(result.returncode, 78)
        self.assertIn("riscv64", result.stderr)
        self.assertEqual(self.requests, [])


if __name__ == "__main__":
    unittest.main()
