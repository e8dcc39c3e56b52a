"""The scripts that a person starts: they teach, and they say what is missing in one sentence."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from release import ROOT

SCRIPTS = sorted(
    path for path in (ROOT / "Scripts").iterdir() if path.is_file() and os.access(path, os.X_OK))


def start(script, *arguments, **environment):
    return subprocess.run(
        [str(script), *arguments], env={**os.environ, **environment}, cwd="/", stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False)


class HelpTests(unittest.TestCase):
    def test_every_script_explains_itself(self):
        self.assertGreater(len(SCRIPTS), 8)
        for script in SCRIPTS:
            with self.subTest(script=script.name):
                result = start(script, "--help")
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertIn(f"Scripts/{script.name}", result.stdout)

    def test_unknown_option_is_a_usage_error(self):
        for name in ("bootstrap", "build", "double", "lint", "postgres", "release", "test"):
            with self.subTest(script=name):
                result = start(ROOT / "Scripts" / name, "--no-such-option", "x")
                self.assertEqual(result.returncode, 64, result.stderr)


class ToolchainTests(unittest.TestCase):
    """On a machine without a (new enough) Swift toolchain, the first command says how to get one."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def path_without_swift(self):
        """A PATH of every program that this machine has, but for the toolchain."""
        for folder in reversed(os.environ["PATH"].split(":")):
            for program in pathlib.Path(folder).glob("*") if folder else ():
                if not program.name.startswith("swift"):
                    link = self.folder / program.name
                    link.unlink(missing_ok=True)
                    link.symlink_to(program)
        return str(self.folder)

    def assert_says_how(self, result, beginning):
        self.assertEqual(result.returncode, 69)
        lines = result.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, result.stderr)
        self.assertTrue(lines[0].startswith(beginning), lines[0])
        self.assertIn("Install one with: curl -O https://download.swift.org/swiftly/linux/swiftly-", lines[0])

    def test_no_toolchain(self):
        path = self.path_without_swift()
        for name in ("bootstrap", "run", "test"):
            with self.subTest(script=name):
                self.assert_says_how(
                    start(ROOT / "Scripts" / name, PATH=path), "There is no Swift toolchain on this machine's PATH.")

    def test_old_toolchain(self):
        path = self.path_without_swift()
        swift = self.folder / "swift"
        swift.write_text("#!/bin/sh\necho 'Swift version 5.10.1 (swift-5.10.1-RELEASE)'\n")
        swift.chmod(0o755)
        self.assert_says_how(
            start(ROOT / "Scripts/bootstrap", PATH=path),
            "The Swift toolchain on this machine's PATH is 5.10, and Yardmaster needs 6.2 or newer.")

    def test_nothing_to_do_is_fast_and_silent(self):
        result = start(ROOT / "Scripts/bootstrap")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))


if __name__ == "__main__":
    unittest.main()
