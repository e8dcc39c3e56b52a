"""What all conformance parts stand on: the simulator, a database of one's own, the executable as a job's step."""
import fcntl
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
#: A limit that nothing here reaches.
BIG = 1_000_000_000


class Tally:
    """What was checked so far."""
    passed = failed = 0


def check(what, good, detail=""):
    Tally.passed, Tally.failed = Tally.passed + bool(good), Tally.failed + (not good)
    print("%s  %s%s" % ("ok  " if good else "FAIL", what, "" if good and not detail else ": %s" % detail), flush=True)
    return good


def note(text):
    print("      " + text, flush=True)


def generate(shared, folder, repository, pulls, issues, seed, shape="typical"):
    owner, name = repository.split("/")
    subprocess.run([os.path.join(shared, "ghsim", "ghsim"), "generate", "--out", folder, "--owner", owner, "--repo", name,
                    "--prs", str(pulls), "--issues", str(issues), "--seed", str(seed), "--shape", shape],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return os.path.join(folder, repository.replace("/", "__"))


class Simulator:
    """ghsim, on a port of its own."""

    def __init__(self, shared, folders, tokens, *options, memoize=True):
        self.port_file = tempfile.mktemp()
        command = [os.path.join(shared, "ghsim", "ghsim"), "serve", "--port", "0", "--port-file", self.port_file]
        command += ["--memoize"] if memoize else []
        for folder in folders:
            command += ["--data", folder]
        for token in tokens:
            command += ["--token", token]
        self.process = subprocess.Popen(
            command + [str(option) for option in options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(6000):
            if os.path.exists(self.port_file) and open(self.port_file).read().strip():
                break
            if self.process.poll() is not None:
                sys.exit("the simulator ended with %s" % self.process.returncode)
            time.sleep(0.1)
        self.port = int(open(self.port_file).read())
        self.url = "http://127.0.0.1:%d" % self.port
        self.local = threading.local()

    def ask(self, method, path, body=None, token="truth"):
        """One request on the thread's connection, which stays open: a truth takes thousands."""
        headers = {"User-Agent": "conformance", "Authorization": "Bearer " + token}
        data = None if body is None else json.dumps(body).encode()
        for attempt in (1, 2):
            try:
                if getattr(self.local, "connection", None) is None:
                    self.local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
                self.local.connection.request(method, path, data, headers)
                answer = self.local.connection.getresponse()
                content = answer.read()
                break
            except (http.client.HTTPException, OSError):
                self.local.connection = None
                if attempt == 2:
                    raise
        if answer.status >= 300:
            raise RuntimeError("%s %s: %d %s" % (method, path, answer.status, content[:300]))
        return json.loads(content) if content else None

    def get(self, path):
        return self.ask("GET", path)

    def graphql(self, query, **variables):
        answer = self.ask("POST", "/graphql", {"query": query, "variables": variables})
        if answer.get("errors"):
            raise RuntimeError(str(answer["errors"])[:600])
        return answer["data"]

    def reset(self, **options):
        self.ask("POST", "/_sim/reset", {"data": True, **options})

    def mutate(self, *operations):
        return self.ask("POST", "/_sim/mutate", {"ops": list(operations)})["results"]

    def faults(self, plan):
        self.ask("POST", "/_sim/faults", plan)

    def stats(self):
        return self.get("/_sim/stats")

    def journal(self, after=0):
        """Every request after the first `after`, but not those of the truth."""
        entries = []
        while True:
            page = self.get("/_sim/journal?after=%d&limit=20000" % after)["entries"]
            if not page:
                return [entry for entry in entries if entry["token"] != "truth"]
            entries += page
            after = page[-1]["n"]

    def spent(self):
        """Points and REST requests of all tokens but the truth's."""
        points = [used for token, used in self.stats()["points"].items() if token != "truth"]
        return sum(p.get("graphql", 0) for p in points), sum(p.get("core", 0) for p in points)

    def judge(self, what, ignore=()):
        """No schema violation, no unknown path, no request while limited."""
        stats = self.stats()
        bad = {k: stats[k] for k in ("schema_violations", "unknown_paths", "requests_while_limited", "secondary_violations",
                                     "not_simulated", "not_simulated_fields") if stats[k] and k not in ignore}
        check("%s: the simulator has no complaint" % what, not bad, json.dumps(bad)[:600] if bad else "")
        return stats

    def stop(self):
        self.process.kill()
        self.process.wait()


class Database:
    """One database per use, in the private cluster of Scripts/postgres."""
    directory = os.path.join(ROOT, ".build", "conformance", "postgres")
    count = 0

    @classmethod
    def start(cls):
        """Starts the cluster, or joins in where another run has."""
        os.makedirs(os.path.dirname(cls.directory), exist_ok=True)
        cls.users = open(cls.directory + ".users", "w")
        fcntl.flock(cls.users, fcntl.LOCK_SH)
        started = subprocess.run([os.path.join(ROOT, "Scripts", "postgres"), "start", cls.directory, "--fast"], check=True,
                                 capture_output=True, text=True)
        cls.admin = started.stdout.strip().splitlines()[-1]
        # What runs left that are gone; the process is in the name.
        for name in cls.psql(cls.admin, "SELECT datname FROM pg_database WHERE datname ~ '^conformance_'").split():
            if not os.path.exists("/proc/" + name.split("_")[2]):
                cls.psql(cls.admin, 'DROP DATABASE IF EXISTS "%s" WITH (FORCE)' % name)

    @classmethod
    def stop(cls):
        """Stops the cluster where nobody else uses it."""
        try:
            fcntl.flock(cls.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return
        subprocess.run([os.path.join(ROOT, "Scripts", "postgres"), "stop", cls.directory], stdout=subprocess.DEVNULL)

    def __init__(self, name):
        Database.count += 1
        self.name = "conformance_%s_%d_%d" % (name, os.getpid(), Database.count)
        self.psql(Database.admin, 'DROP DATABASE IF EXISTS "%s"' % self.name)
        self.psql(Database.admin, 'CREATE DATABASE "%s"' % self.name)
        base = urllib.parse.urlsplit(Database.admin)
        self.url = urllib.parse.urlunsplit(base._replace(path="/" + self.name))

    @staticmethod
    def psql(url, sql):
        run = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", url, "-c", sql], capture_output=True,
                             env={**os.environ, "PGTZ": "UTC"})
        if run.returncode:
            raise RuntimeError(run.stderr.decode(errors="replace"))
        return run.stdout.decode()

    def rows(self, sql):
        """The statement's rows as dictionaries."""
        return [json.loads(line) for line in self.psql(self.url, "SELECT row_to_json(t) FROM (%s) t" % sql).split("\n") if line]

    def value(self, sql):
        return self.rows("SELECT (%s) AS value" % sql)[0]["value"]

    def execute(self, sql):
        self.psql(self.url, sql)

    def drop(self):
        self.psql(Database.admin, 'DROP DATABASE IF EXISTS "%s" WITH (FORCE)' % self.name)


def environment(url, db, repository, **more):
    """The environment of an Actions job; `url` is where the API is."""
    dropped = ("GITHUB_", "YARDMASTER_", "DATABASE_", "RUNNER_", "PG", "INNGEST_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    kept.update({"GITHUB_API_URL": url, "GITHUB_GRAPHQL_URL": url + "/graphql", "GITHUB_TOKEN": "tok",
                 "GITHUB_REPOSITORY": repository, "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1"})
    if db:
        kept["DATABASE_URL"] = db.url
    kept.update(more)
    return kept


def outputs(path):
    """GITHUB_OUTPUT as the runner reads it."""
    values, lines = {}, open(path, encoding="utf-8").read().split("\n")
    while lines:
        line = lines.pop(0)
        if "<<" in line and "=" not in line.split("<<")[0]:
            name, delimiter = line.split("<<", 1)
            value = []
            while lines and lines[0] != delimiter:
                value.append(lines.pop(0))
            lines and lines.pop(0)
            values[name] = "\n".join(value)
        elif "=" in line:
            name, value = line.split("=", 1)
            values[name] = value
    return values


def run(exe, arguments, env, timeout=1800, **options):
    """Runs the executable to its end; gives how it ended, its outputs and its summary."""
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as summary:
        env = dict(env, GITHUB_OUTPUT=out.name, GITHUB_STEP_SUMMARY=summary.name)
        done = subprocess.run([exe] + arguments, env=env, capture_output=True, text=True, errors="replace", timeout=timeout,
                              **options)
        return done, outputs(out.name), open(summary.name, encoding="utf-8", errors="replace").read()


def start(exe, arguments, env, log=None):
    """Starts the executable and does not wait for it."""
    sink = log or subprocess.DEVNULL
    return subprocess.Popen([exe] + arguments, env=env, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink)


def plan(exe, env, *options):
    done, out, _ = run(exe, ["plan", "--all", "--jobs", "8", *options], env)
    if done.returncode:
        raise RuntimeError("plan ended with %d: %s%s" % (done.returncode, done.stdout[-2000:], done.stderr[-2000:]))
    return out


def capture(exe, env, *options):
    """`plan` and, where there is work, `sync` until the job is complete; gives the outputs of both."""
    planned = plan(exe, env, *options)
    if planned.get("has-work") != "true":
        return planned
    for _ in range(20):
        done, out, _ = run(exe, ["sync", "--job-id", planned["job-id"]], env)
        if done.returncode:
            raise RuntimeError("sync ended with %d: %s%s" % (done.returncode, done.stdout[-2000:], done.stderr[-2000:]))
        if out.get("complete") == "true":
            break
    return {**planned, **out}
