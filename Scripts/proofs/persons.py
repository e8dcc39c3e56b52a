"""Persons on a simulator: what they do, the events that GitHub would send for it, and processes that are given them."""
import collections
import json
import os
import queue
import threading
import time
import urllib.parse

import harness
from boundary import Plan, Relay
from harness import BIG, Database, Simulator, environment

REPOSITORY = "acme/once"
SLOTS = 6
#: Seconds between two acts on one issue: GitHub's times are whole seconds.
PAUSE = 1.05

PERMISSIONS = {"alice": "admin", "mona": "maintain", "bob": "write", "carol": "triage", "dave": "read"}
ACTORS = [*PERMISSIONS, "eve", "mallory"]
LABELS = ["bug", "needs triage", "needs info", "docs", "urgent", "wip", "wontfix", "slow"]

CONFIGURATION = r"""
mode: live
alerts: false
rules:
  - name: crash
    on: [opened, edited]
    when: { title: [crash, pattern: 'panic(ked)?\b'] }
    then: { label: [bug, needs triage], assign: carol, comment: "Thanks for the report, {{author}}: {{title}}" }
  - name: incomplete
    on: [opened, edited]
    when: { missing_sections: [Version] }
    then: { sticky: { key: template, body: "Which version, {{author}}?" } }
  - name: complete
    on: [opened, edited]
    unless: { missing_sections: [Version] }
    then: { sticky: { key: template, body: "Thanks, {{author}}, that is all we need." }, unlabel: needs info }
  - name: answered
    on: [issue_comment.created, issue_comment.edited]
    when: { comment: [pattern: 'version \d+'] }
    then: { unlabel: needs info, sticky: { key: answer, body: "{{actor}} answered." } }
  - name: urgent
    on: labeled
    when: { labels: [urgent], milestone: false }
    then: { milestone: v1, dispatch: { workflow: page.yml, ref: main, inputs: { issue: "{{number}}" } } }
  - name: spam
    on: [opened]
    when: { any: [spam] }
    then: { title: "[removed]", close: not_planned, lock: spam }
  - name: docs
    on: [opened, edited]
    when: { any: [docs, documentation] }
    then: { label: docs, assign: "{{author}}" }
  - name: again
    on: reopened
    then: { unlabel: [wontfix, slow], comment: "Open again by {{actor}}." }
  - name: done
    on: closed
    then: { unlabel: [needs triage, wip], sticky: { key: state, body: "Closed by {{actor}}." } }
  - name: unwip
    on: unlabeled
    when: { no_labels: [wip] }
    then: { comment: "No work in progress, {{author}}." }
commands:
  for_authors: [close, reopen, title]
  aliases: { bug: label bug, wontfix: close not_planned }
  custom:
    - name: deploy
      permission: write
      arguments: [{ name: where, choices: [staging, production] }]
      then:
        comment: "Deploying to {{args.where}} for {{actor}}."
        dispatch: { workflow: deploy.yml, ref: main, inputs: { where: "{{args.where}}", issue: "{{number}}" } }
    - name: need-info
      permission: triage
      then: { label: needs info, sticky: { key: info, body: "{{actor}} wants to know more." } }
    - name: build
      permission: triage
      then: { dispatch: { workflow: build.yml, inputs: { issue: "{{number}}" } } }
actors: { events_per_hour: 100000, commands_per_hour: 100000, bots: [renovate] }
"""

TITLES = ["A crash at start", "It panicked in main", "Typo in the docs", "Slow scrolling", "A question", "spam spam spam",
          "Please add dark mode", "crash and panic"]
BODIES = ["It does not work.", "## Version\n\n1.2\n\n## Steps\n\nNone.", "See the documentation.", "",
          "I saw it with version 3.", "Buy spam now", "```\n/close\n```\nnot a command"]
#: In any order of delivery these converge: each is about another facet, or says when it was given. What persons do by
#: hand is known by its own event alone, and so is what a title makes a rule do.
COMMANDS = ["/label bug", "/label \"needs info\" slow", "/unlabel bug", "/unlabel slow", "/close", "/close not planned",
            "/reopen", "/assign bob", "/assign me", "/unassign bob carol", "/assign nobody-at-all", "/lock resolved", "/unlock",
            "/milestone v1", "/milestone \"v2.0\"", "/milestone none", "/title A better title", "/title Another title",
            "/bug", "/wontfix", "/deploy staging", "/deploy moon", "/need-info", "/build", "/lock too heated"]
BURST_COMMANDS = [command for command in COMMANDS if not command.startswith("/title")]
#: These speak of what was before.
SERIAL_COMMANDS = COMMANDS + ["/help", "/explain", "/undo", "/reprocess", "/duplicate #1", "/milestone v9", "/frobnicate"]


class Step:
    """One act of a person on one issue, and the event that GitHub sends for it."""

    def __init__(self, number, ordinal, name, action, actor, **more):
        self.number, self.ordinal, self.name, self.action, self.actor, self.more = number, ordinal, name, action, actor, more

    def __str__(self):
        return "#%d.%d %s.%s by %s %s" % (self.number, self.ordinal, self.name, self.action, self.actor, self.more)


def text(dice, commands, likely):
    """A body with none to four commands at the starts of lines."""
    lines = [dice.choice(BODIES)]
    if dice.random() < likely:
        lines += ["", *dice.sample(commands, dice.choice((1, 1, 1, 2, 3, 4)))]
    return dice.choice(("\n", "\r\n")).join(lines)


def script(dice, count, commands, acts=True):
    """Steps for `count` events, by issue; without `acts`, nobody does anything but write comments."""
    issues, left, number = [], count, 0
    while left > 0:
        number += 1
        author = dice.choice(ACTORS)
        steps = [Step(number, 0, "issues", "opened", author, title=dice.choice(TITLES), body=text(dice, commands, 0.4))]
        comments = 0
        for ordinal in range(1, min(left, dice.randrange(3, 9))):
            actor = author if dice.random() < 0.25 else dice.choice(ACTORS + ["renovate"])
            kind = dice.choice(("created",) * 6 + ("edited",) * 3 + ("body", "title", "labeled", "labeled", "unlabeled", "closed",
                                                                   "reopened"))
            if not acts and kind != "edited":
                kind = "created"
            if kind == "edited" and not comments:
                kind = "created"
            if kind == "created":
                comments += 1
                steps.append(Step(number, ordinal, "issue_comment", "created", actor, body=text(dice, commands, 0.8)))
            elif kind == "edited":
                steps.append(Step(number, ordinal, "issue_comment", "edited", actor, which=dice.randrange(comments),
                                  body=text(dice, commands, 0.9), keeps=dice.random() < 0.6))
            elif kind == "body":
                steps.append(Step(number, ordinal, "issues", "edited", actor, body=text(dice, commands, 0.6)))
            elif kind == "title":
                steps.append(Step(number, ordinal, "issues", "edited", actor, title=dice.choice(TITLES) + " again"))
            elif kind in ("labeled", "unlabeled"):
                steps.append(Step(number, ordinal, "issues", kind, actor, label=dice.choice(LABELS)))
            else:
                steps.append(Step(number, ordinal, "issues", kind, actor))
        left -= len(steps)
        issues.append(steps)
    return issues


def outputs_of(path):
    try:
        return harness.outputs(path)
    except OSError:
        return {}


class World:
    """A simulator and a database of their own."""

    def __init__(self, options, data, configuration, repository=REPOSITORY):
        self.options, self.repository = options, repository
        self.configuration = configuration
        # Both tokens are of one login, as many runs of one installation are.
        self.sim = Simulator(options.shared, [data], ["tok:%d:%d:robot" % (BIG, BIG), "truth:%d:%d:truth" % (BIG, BIG)],
                             "--no-secondary", memoize=False)
        self.db = Database("once")
        self.relay = Relay(self.sim.port, Database.admin, SLOTS)
        self.free = queue.Queue()
        for slot in self.relay.slots:
            self.free.put(slot)
        self.lock = threading.Lock()
        self.comments = collections.defaultdict(list)
        self.runs = 1000
        self.token = "tok"
        self.killed = collections.Counter()
        self.processes = 0
        self.bad = []
        #: The event's id in the database, by (number, ordinal).
        self.events = {}
        self.folder = os.path.join(os.path.dirname(configuration), self.db.name)
        os.mkdir(self.folder)
        done, _, _ = harness.run(options.executable, ["migrate"], environment(self.sim.url, self.db, repository))
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    def stop(self):
        self.relay.stop()
        self.sim.stop()
        self.db.drop()

    # What persons do

    def act(self, step):
        """Does it, and gives the payload of its event; nil where GitHub would send none."""
        with self.lock:
            return self.mutate(step)

    def mutate(self, step):
        base, n, more = "/repos/%s/issues" % self.repository, step.number, step.more
        payload = {"action": step.action, "repository": self.sim.get("/repos/%s" % self.repository)}

        def do(op, **fields):
            return self.sim.mutate({"op": op, "repo": self.repository, "number": n, "user": step.actor, **fields})[0]
        before = None if step.action == "opened" else self.sim.get("%s/%d" % (base, n))
        comment = None
        if step.action == "opened":
            do("add_issue", title=more["title"], body=more["body"])
        elif step.name == "issue_comment" and step.action == "created":
            comment = do("add_comment", body=more["body"])["id"]
            self.comments[n].append(comment)
        elif step.name == "issue_comment":
            comment = self.comments[n][more["which"]]
            old = self.sim.get("%s/comments/%d" % (base, comment))["body"]
            new = old + "\n\n" + more["body"] if more["keeps"] else more["body"]
            do("edit_comment", id=comment, body=new)
            payload["changes"] = {"body": {"from": old}}
        elif step.action == "edited":
            do("edit_issue", **more)
            payload["changes"] = {key: {"from": before[key]} for key in more}
        elif step.action in ("labeled", "unlabeled"):
            has = more["label"] in [label["name"] for label in before["labels"]]
            if has == (step.action == "labeled"):
                return None
            do("add_label" if step.action == "labeled" else "remove_label", label=more["label"])
            payload["label"] = self.sim.get("/repos/%s/labels/%s" % (self.repository, more["label"].replace(" ", "%20")))
        else:
            if (before["state"] == "closed") == (step.action == "closed"):
                return None
            do("close" if step.action == "closed" else "reopen")
        payload["issue"] = self.sim.get("%s/%d" % (base, n))
        if comment:
            payload["comment"] = self.sim.get("%s/comments/%d" % (base, comment))
        payload["sender"] = self.sim.get("/users/%s" % urllib.parse.quote(step.actor, safe=""))
        path = os.path.join(self.folder, "%d.%d.json" % (step.number, step.ordinal))
        with open(path, "w") as out:
            json.dump(payload, out)
        return path

    # Deliveries

    def deliver(self, name, path, plan, run=None, attempt=1, after=None):
        """One process; gives its exit status and outputs."""
        with self.lock:
            self.runs += 1
            self.processes += 1
            run = run or self.runs
        slot = self.free.get()
        try:
            slot.plan = plan
            env = environment(slot.url, self.db, self.repository, DATABASE_URL=slot.database_url(self.db.name),
                              GITHUB_EVENT_NAME=name, GITHUB_EVENT_PATH=path, YARDMASTER_CONFIG=self.configuration, GITHUB_TOKEN=self.token,
                              GITHUB_RUN_ID=str(run), GITHUB_RUN_ATTEMPT=str(attempt))
            out = "%s.%d.out" % (path, self.runs_of(path))
            log = out + ".log"
            env["GITHUB_OUTPUT"], env["GITHUB_STEP_SUMMARY"] = out, out + ".summary"
            open(out, "w").close()
            with open(log, "wb") as sink:
                process = harness.start(self.options.executable, ["run"], env, sink)
                plan.pid = process.pid
                try:
                    status = process.wait(timeout=after)
                except Exception:
                    process.kill()
                    status = process.wait()
            plan.pid = None
            place = tuple(int(part) for part in os.path.basename(path).split(".")[:2] if part.isdigit())
            if outputs_of(out).get("event-id"):
                self.events[place] = outputs_of(out)["event-id"]
            with self.lock:
                self.killed["killed" if status == -9 else "ended with %d" % status] += 1
            if status not in (0, 1, 75, -9):
                self.bad.append((path, status, open(log, errors="replace").read()[-800:]))
            return status, harness.outputs(out), log
        finally:
            slot.plan = Plan()
            self.free.put(slot)

    def runs_of(self, path):
        with self.lock:
            self.counts = getattr(self, "counts", collections.Counter())
            self.counts[path] += 1
            return self.counts[path]

    def settle(self, name, path):
        """Undisturbed, until it is said to be done; as often as that is due."""
        for attempt in range(6):
            status, out, log = self.deliver(name, path, Plan())
            outcome = out.get("outcome")
            if status == 0 and outcome in ("processed", "ignored"):
                return outcome, log
            if outcome == "duplicate":
                words = open(log, errors="replace").read()
                if "being processed" not in words:
                    return ("failed" if "outcome was failed" in words else "processed"), log
            elif outcome == "failed" and attempt >= 1:
                return "failed", log
            time.sleep(0.2)
        return "status %s, outcome %s" % (status, outcome), log
