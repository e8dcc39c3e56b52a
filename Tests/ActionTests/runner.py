"""What the Actions runner does with a composite action's step, as far as the step can tell."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

from ruamel.yaml import YAML

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Scripts"))
import sandbox  # noqa: E402  (beside the scripts that use it too)

#: The runner's pause between SIGINT and SIGTERM, and between SIGTERM and killing the process tree.
INTERRUPT_GRACE, TERMINATE_GRACE = 7.5, 2.5


def action_steps(action):
    """The steps of the action's action.yml, and its inputs' defaults."""
    content = YAML(typ="safe").load((action / "action.yml").read_text())
    defaults = {name: str(value.get("default", "")) for name, value in content["inputs"].items()}
    return {step["id"]: step for step in content["runs"]["steps"]}, defaults


class Step:
    """One step of the action, started as the runner starts it: a script file under bash -e, environment only."""

    def __init__(self, action, identifier, folder, inputs=None, outputs=None, environment=None):
        steps, defaults = action_steps(action)
        step = steps[identifier]
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        values = {**defaults, **(inputs or {})}
        unknown = set(values) - set(defaults)
        assert not unknown, f"action.yml has no inputs {unknown}"
        self.output_path = self.folder / f"{identifier}.output"
        self.summary_path = self.folder / f"{identifier}.summary"
        for path in (self.output_path, self.summary_path):
            path.write_bytes(b"")

        def expand(text):
            def value(match):
                expression = match.group(1).strip()
                kind, _, name = expression.partition(".")
                if kind == "inputs":
                    return values[name]
                if kind == "steps":
                    return (outputs or {})[expression]
                raise AssertionError(f"unexpected expression {expression}")

            return re.sub(r"\$\{\{(.*?)\}\}", value, str(text))

        # What is in `run` reaches a shell as it stands: an expression there would be code of whoever wrote the input.
        assert "${{" not in step["run"], "an expression is interpolated into shell"
        script = self.folder / f"{identifier}.sh"
        script.write_text(step["run"])
        self.command = [
            shutil.which("bash"), "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
        self.environment = {
            **inherited,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(action),
            "GITHUB_OUTPUT": str(self.output_path),
            "GITHUB_STEP_SUMMARY": str(self.summary_path),
            "RUNNER_TOOL_CACHE": str(self.folder / "tool cache"),
            "RUNNER_TEMP": str(self.folder),
            **(environment or {}),
            **{name: expand(text) for name, text in step.get("env", {}).items()},
        }

    def run(self, timeout=120):
        return subprocess.run(
            self.command, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=timeout, check=False)

    def start(self, log):
        """Starts the step in a session of its own; its log goes to the file `log`."""
        with open(log, "wb") as sink:
            return subprocess.Popen(
                self.command, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=sink,
                stderr=subprocess.STDOUT, start_new_session=True)

    def outputs(self):
        """The outputs that the step wrote."""
        return sandbox.outputs(self.output_path.read_text())


class Cancellation:
    """How a cancelled step ended: the signals it needed, its exit status, and the seconds since SIGINT."""

    def __init__(self, signals, status, seconds):
        self.signals, self.status, self.seconds = signals, status, seconds


def cancel(process):
    """Cancels a step as the runner does: SIGINT to the entry process only, SIGTERM 7.5 s later, and after another
    2.5 s the end of the whole tree."""
    began = time.monotonic()
    signals = []
    try:
        for number, grace in ((signal.SIGINT, INTERRUPT_GRACE), (signal.SIGTERM, TERMINATE_GRACE)):
            process.send_signal(number)
            signals.append(number)
            try:
                status = process.wait(timeout=grace)
                return Cancellation(signals, status, time.monotonic() - began)
            except subprocess.TimeoutExpired:
                continue
    finally:
        # The tree, or what an entry process that ended left of it: the runner cleans up orphans too.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    signals.append(signal.SIGKILL)
    return Cancellation(signals, process.wait(timeout=10), time.monotonic() - began)
