"""A repository that people maintain, on the simulator: what they do by hand, what GitHub tells of it, what is there."""
import json
import os
import subprocess
import tempfile
import threading

from harness import BIG, Simulator, environment, run

REPOSITORY = "acme/widget"
PATH = "/repos/" + REPOSITORY
#: Who maintains it, and what each may do.
ROLES = {"mona": "admin", "marc": "maintain", "wanda": "write", "tim": "triage"}
#: People without a role.
VISITORS = ("vera", "otto")
LABELS = ("bug", "Needs Info", "priority/high", "ui", "good first issue", "späti", "wontfix")
MILESTONES = ("v1.0", "Next release", "Später, vielleicht")
LOCKS = ("off-topic", "too heated", "resolved", "spam")
REASONS = ("completed", "not_planned", "duplicate")


class Maintained:
    """The simulator with one repository, whose people act by REST with tokens of their own."""

    def __init__(self, options, work, name, tokens=()):
        folder = os.path.join(work, name, REPOSITORY.replace("/", "__"))
        os.makedirs(folder)

        def write(file, content):
            with open(os.path.join(folder, file), "w", encoding="utf-8") as out:
                out.write(content)
        write("repo.json", json.dumps({
            "id": 4711, "name": REPOSITORY.split("/")[1], "full_name": REPOSITORY, "private": False,
            "owner": {"login": "acme", "id": 7, "type": "Organization"}, "default_branch": "main"}))
        write("collaborators.json", json.dumps({**ROLES, "robot": "write", "truth": "admin"}))
        write("labels.jsonl", "".join(
            json.dumps({"id": 100 + i, "name": label, "color": "ededed"}) + "\n" for i, label in enumerate(LABELS)))
        write("milestones.jsonl", "".join(
            json.dumps({"id": 200 + i, "number": i + 1, "title": title, "state": "open"}) + "\n"
            for i, title in enumerate(MILESTONES)))
        people = [*ROLES, *VISITORS, "robot", "truth"]
        write("users.jsonl", "".join(
            json.dumps({"login": login, "id": 1000 + i, "type": "User"}) + "\n" for i, login in enumerate(people)))
        tokens = [*tokens, *("%s:%d:%d:%s" % (login if login != "robot" else "tok", BIG, BIG, login) for login in people)]
        self.sim = Simulator(options.shared, [os.path.dirname(folder)], tokens, "--no-secondary", memoize=False)
        self.repository = self.sim.get(PATH)
        self.robot = "robot"
        self.accounts = {login: {"login": login, "id": 1000 + i, "type": "User"} for i, login in enumerate(people)}

    # What people do.

    def act(self, login, method, path, body=None):
        """One request of a person's."""
        return self.sim.ask(method, PATH + path, body, token=login)

    def open(self, login, title, body="", **more):
        return self.act(login, "POST", "/issues", {"title": title, "body": body, **more})["number"]

    def comment(self, login, number, body):
        return self.act(login, "POST", "/issues/%d/comments" % number, {"body": body})

    def change(self, login, number, what, value):
        """Changes one facet by hand; returns the action, and the part of the payload, that tell of it."""
        path = "/issues/%d" % number
        if what in ("labeled", "unlabeled"):
            if what == "labeled":
                self.act(login, "POST", path + "/labels", {"labels": [value]})
            else:
                self.act(login, "DELETE", "%s/labels/%s" % (path, quoted(value)))
            return {"label": {"name": value}}
        if what in ("assigned", "unassigned"):
            self.act(login, "POST" if what == "assigned" else "DELETE", path + "/assignees", {"assignees": [value]})
            return {"assignee": self.accounts[value]}
        if what == "closed":
            self.act(login, "PATCH", path, {"state": "closed", "state_reason": value})
        elif what == "reopened":
            self.act(login, "PATCH", path, {"state": "open"})
        elif what == "edited":
            before = self.issue(number)["title"]
            self.act(login, "PATCH", path, {"title": value})
            return {"changes": {"title": {"from": before}}}
        elif what == "milestoned":
            place = MILESTONES.index(value) + 1
            self.act(login, "PATCH", path, {"milestone": place})
            return {"milestone": {"number": place, "title": value}}
        elif what == "demilestoned":
            before = self.issue(number)["milestone"]
            self.act(login, "PATCH", path, {"milestone": None})
            return {"milestone": before and {"number": before["number"], "title": before["title"]}}
        elif what == "locked":
            self.act(login, "PUT", path + "/lock", {"lock_reason": value} if value else None)
        elif what == "unlocked":
            self.act(login, "DELETE", path + "/lock")
        else:
            raise ValueError(what)
        return {}

    # What GitHub shows.

    def issue(self, number):
        return self.sim.get("%s/issues/%d" % (PATH, number))

    def state(self, number):
        """Everything that effects write. A reason `reopened` cannot be avoided by whoever reopens, so it counts as none."""
        found = self.sim.get("/_sim/state/%s/issues/%d" % (REPOSITORY, number))
        issue = found["issue"]
        reason = issue.get("state_reason")
        return {
            "labels": sorted(label.lower() for label in found["labels"]),
            "assignees": sorted(account["login"] for account in issue["assignees"]),
            "state": issue["state"], "reason": None if reason == "reopened" else reason, "title": issue["title"],
            "milestone": (issue.get("milestone") or {}).get("title"),
            "lock": (found["lock_reason"] or "locked") if found["locked"] else None,
        }

    def comments(self, number):
        return self.sim.get("/_sim/state/%s/issues/%d" % (REPOSITORY, number))["comments"]

    def payload(self, action, number, sender, comment=None, **more):
        """What GitHub would send now."""
        whole = {"action": action, "issue": self.issue(number), "repository": self.repository,
                 "sender": self.accounts[sender], **more}
        if comment:
            whole["comment"] = comment
        return whole

    def stop(self):
        self.sim.stop()


class Runs:
    """Runs of a workflow, each with an id of its own."""

    def __init__(self, options, db, world, configuration, work):
        self.exe, self.db, self.world, self.work = options.executable, db, world, work
        self.configuration = os.path.join(work, "%s.yml" % db.name)
        with open(self.configuration, "w", encoding="utf-8") as out:
            out.write(configuration)
        self.count = 1000
        self.lock = threading.Lock()

    def environment(self, actor="mona", url=None, **more):
        with self.lock:
            self.count += 1
            number = self.count
        values = {"YARDMASTER_CONFIG": self.configuration, "GITHUB_RUN_ID": str(number), "GITHUB_ACTOR": actor,
                  "GITHUB_TRIGGERING_ACTOR": actor, **more}
        return environment(url or self.world.sim.url, self.db, REPOSITORY, **values)

    def event_file(self, payload):
        handle, path = tempfile.mkstemp(dir=self.work, suffix=".json")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(payload, out)
        return path

    def deliver(self, name, payload, kill_after=None, **more):
        """One delivery of an event; killed after so many seconds and repeated where that is given. Its run's id is in the
        payload afterwards."""
        env = self.environment(payload["sender"]["login"], GITHUB_EVENT_NAME=name,
                               GITHUB_EVENT_PATH=self.event_file(payload), **more)
        payload["run"] = int(env["GITHUB_RUN_ID"])
        return self.again(["run"], env, kill_after)

    def command(self, *arguments, kill_after=None, url=None, **more):
        return self.again(list(arguments), self.environment(url=url, **more), kill_after)

    def again(self, arguments, env, kill_after):
        if kill_after is not None:
            process = subprocess.Popen([self.exe, *arguments], env=env, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(kill_after)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            env = dict(env, GITHUB_RUN_ATTEMPT="2")
        return run(self.exe, arguments, env, timeout=300)


def quoted(text):
    from urllib.parse import quote
    return quote(text, safe="")
