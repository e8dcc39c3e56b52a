"""A PostgreSQL, a GitHub double and the environment of an Actions job, for whoever runs the executable on this machine:
Scripts/demonstrate, Scripts/bench and the action's tests. Standard library only."""

import json
import os
import pathlib
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
EXECUTABLE = ROOT / ".build/release/yardmaster"
TOKEN = "sandbox-token"


def find_psql():
    """psql itself, past the Perl script that Debian puts in front of it and that takes 50 ms."""
    found = list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"))
    return str(max(found, key=lambda path: int(path.parts[4]))) if found else "psql"


PSQL = find_psql()


def script(name, *arguments):
    """Runs one of Scripts/ and returns the last line that it printed."""
    result = subprocess.run(
        [str(ROOT / "Scripts" / name), *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True)
    return (result.stdout.strip().splitlines() or [""])[-1]


class Cluster:
    """The private PostgreSQL of one folder; it is stopped at the end only by whoever started it."""

    def __init__(self, folder, *options):
        self.folder, self.options = folder, options

    def __enter__(self):
        status = subprocess.run(
            [str(ROOT / "Scripts/postgres"), "status", str(self.folder)], capture_output=True, check=False)
        self.ours = status.returncode != 0
        self.url = script("postgres", "start", self.folder, *self.options)
        return self

    def __exit__(self, *_):
        if self.ours:
            script("postgres", "stop", self.folder)

    def new_database(self, name):
        """An empty database of that name, whatever was there, and its URL."""
        query(self.url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        query(self.url, f'CREATE DATABASE "{name}"')
        scheme, _, rest = self.url.partition("://")
        place, slash, options = rest.partition("/")
        return f"{scheme}://{place}{slash}{name}" + "".join(options.partition("?")[1:])


def query(url, statement):
    """The rows of one statement, each a list of text."""
    result = subprocess.run(
        [PSQL, "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--field-separator=\x1f",
         "--set=ON_ERROR_STOP=1", "--command", statement, url],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"psql: {result.stderr.strip()}")
    return [line.split("\x1f") for line in result.stdout.split("\n") if line]


class Double:
    """The bundled GitHub double with a generated repository."""

    def __init__(self, folder, *options, repository="acme/widget"):
        self.folder, self.options, self.repository = folder, options, repository

    def __enter__(self):
        script("double", "stop", self.folder)
        self.url = script("double", "start", self.folder, *self.options)
        return self

    def __exit__(self, *_):
        script("double", "stop", self.folder)

    def call(self, method, path, body=None):
        """One request to the control endpoints, which are in no journal and count for nobody."""
        request = urllib.request.Request(
            f"{self.url}/_double/{path}", method=method, data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=60) as answer:
            data = answer.read()
            if answer.headers.get_content_type() == "application/x-ndjson":
                return [json.loads(line) for line in data.splitlines() if line]
        return json.loads(data)

    def open_issue(self, title, body, user="alice"):
        """Opens an issue as a person does; returns the payload of the event that GitHub would send."""
        return self.call("POST", "issues", {"title": title, "body": body, "user": user})

    def comment(self, number, body, user="alice"):
        """Comments on an issue as a person does; returns the payload of the event that GitHub would send."""
        return self.call("POST", "issues", {"number": number, "comment": body, "user": user})

    def act(self, user, number, act, value=None):
        """Changes an issue as a person does (label, unlabel, close, …); returns the event that GitHub would send."""
        return self.call("POST", "act", {"as": user, "number": number, "act": act, "value": value})

    def issue(self, number):
        return self.call("GET", f"state/issues/{number}")

    def hold(self, target, skip=0):
        """Keeps one request to the target waiting for its answer until `release`; `skip` of them pass before."""
        self.call("POST", "hold", {"match": {"target": target}, "skip": skip, "times": 1})

    def held(self, timeout=0.0):
        """How many requests are held, after waiting for the first."""
        return self.call("GET", f"held?timeout={timeout}")["held"]

    def release(self):
        self.call("POST", "release", {})

    def mutations(self):
        """The changes that requests made so far."""
        return self.call("GET", "mutations")

    def requests(self):
        """How many requests came so far."""
        numbers = self.call("GET", "stats")
        return numbers["rest_requests"] + numbers["graphql_requests"]


class Job:
    """One job of a workflow run: an environment, and the files that a step reads and writes."""

    def __init__(self, folder, double, database, *, event=None, name="workflow_dispatch", run=1, configuration=None,
                 token=TOKEN):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.event_path = self.folder / "event.json"
        self.event_path.write_text(json.dumps(event if event is not None else {"inputs": {}}))
        self.output_path, self.summary_path = self.folder / "output", self.folder / "summary.md"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
        self.environment = {
            **kept,
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": double.repository,
            "GITHUB_API_URL": double.url,
            "GITHUB_GRAPHQL_URL": double.url + "/graphql",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(self.event_path),
            "GITHUB_RUN_ID": str(run),
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_WORKFLOW": "Sandbox",
            "GITHUB_ACTOR": "alice",
            "GITHUB_OUTPUT": str(self.output_path),
            "GITHUB_STEP_SUMMARY": str(self.summary_path),
            "GITHUB_TOKEN": token,
            "DATABASE_URL": database,
        }
        if configuration is not None:
            self.environment["YARDMASTER_CONFIG"] = str(configuration)

    def start(self, *arguments, executable=EXECUTABLE, **options):
        for path in (self.output_path, self.summary_path):
            path.write_bytes(b"")
        return subprocess.Popen(
            [str(executable), *arguments], env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, **options)

    def run(self, *arguments, executable=EXECUTABLE):
        """Runs to the end; returns status, log and outputs."""
        process = self.start(*arguments, executable=executable, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        log = process.communicate()[0].decode(errors="replace")
        return process.returncode, log, self.outputs()

    def outputs(self):
        return outputs(self.output_path.read_text())

    def summary(self):
        return self.summary_path.read_text()


def outputs(text):
    """The values in a GITHUB_OUTPUT file, in either of its two forms."""
    values = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, heredoc, delimiter = line.partition("<<")
        if heredoc and "=" not in name:
            body = []
            for following in lines:
                if following == delimiter:
                    break
                body.append(following)
            values[name] = "\n".join(body)
        else:
            name, _, value = line.partition("=")
            values[name] = value
    return values


def until(condition, timeout=60.0, interval=0.01):
    """Waits for the condition to give something true, and returns that."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError("what was waited for did not happen")
        time.sleep(interval)
