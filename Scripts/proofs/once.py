"""Exactly once: generated events, each delivered ten times by processes that are killed at their writes, against an
undisturbed delivery of the same events to a simulator and a database of their own."""
import collections
import concurrent.futures
import json
import os
import queue
import random
import re
import threading
import time
import urllib.parse

import harness
import payloads
from boundary import Plan, Relay
from harness import BIG, Database, Simulator, check, environment, note

REPOSITORY = "acme/once"
SLOTS = 6
DELIVERIES = 10
#: Seconds between two acts on one issue: GitHub's times are whole seconds.
PAUSE = 1.05
#: Of generated events that one pair of simulator and database sees: GitHub's limit of created content is 500 an hour.
WORLD = 60

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
#: In any order of delivery these converge: each is about another facet, or says when it was given.
COMMANDS = ["/label bug", "/label \"needs info\" slow", "/unlabel bug", "/unlabel slow", "/close", "/close not planned",
            "/reopen", "/assign bob", "/assign me", "/unassign bob carol", "/assign nobody-at-all", "/lock resolved", "/unlock",
            "/milestone v1", "/milestone \"v2.0\"", "/milestone none", "/title A better title", "/title Another title",
            "/bug", "/wontfix", "/deploy staging", "/deploy moon", "/need-info", "/build", "/lock too heated"]
#: These speak of what was before.
SERIAL_COMMANDS = COMMANDS + ["/help", "/explain", "/undo", "/reprocess", "/duplicate #1", "/milestone v9", "/frobnicate"]
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


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


def script(dice, count, commands):
    """Steps for `count` events, by issue."""
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


def disturbed(dice):
    """What happens to one of the ten."""
    kind = dice.random()
    if kind < 0.43:
        return Plan(dice.choice((1, 1, 1, 1, 2, 2, 3)), dice.choice(("before", "after")), writes=True), None
    if kind < 0.85:
        return Plan(dice.randrange(1, 18), dice.choice(("before", "after"))), None
    if kind < 0.92:
        return Plan(dice.choice((1, 1, 2, 3)), "lost", writes=True), None
    if kind < 0.98:
        return Plan(), dice.uniform(0.01, 0.3)
    return Plan(), None


def deliver_all(world, dice, step, path):
    """Ten times, in waves of processes that run at once; then undisturbed."""
    left = DELIVERIES - 1
    pool = []
    while left:
        wave = min(left, dice.choice((1, 2, 3, 5)))
        left -= wave
        threads = []
        for _ in range(wave):
            plan, after = disturbed(dice)
            thread = threading.Thread(target=world.deliver, args=(step.name, path, plan), kwargs={"after": after})
            thread.start()
            threads.append(thread)
        pool += threads
        for thread in threads:
            thread.join()
    return world.settle(step.name, path)


def each(issues, body):
    """Several issues at once."""
    with concurrent.futures.ThreadPoolExecutor(SLOTS) as pool:
        for future in [pool.submit(body, steps) for steps in issues]:
            future.result()


def play(world, issues, seed, disturb):
    """Every issue by itself: a person acts, the event is delivered, the next acts. Gives the outcome of each event."""
    outcomes = {}

    def one(steps):
        dice = random.Random("%s/%d" % (seed, steps[0].number))
        for step in steps:
            path = world.act(step)
            if path is None:
                continue
            settle = deliver_all if disturb else lambda world, _, step, path: world.settle(step.name, path)
            outcomes[step.number, step.ordinal] = settle(world, dice, step, path)
            time.sleep(PAUSE)
    each(issues, one)
    return outcomes


def act_all(world, issues):
    """Persons do everything before the first delivery; gives the payloads by step."""
    paths = {}

    def one(steps):
        for step in steps:
            path = world.act(step)
            if path:
                paths[step.number, step.ordinal] = (step, path)
            time.sleep(PAUSE)
    each(issues, one)
    return paths


def play_shuffled(world, issues, seed):
    """All deliveries of an issue's events in random order, four at once."""
    paths, outcomes = act_all(world, issues), {}

    def one(steps):
        dice = random.Random("%s/%d" % (seed, steps[0].number))
        mine = [paths[key] for key in sorted(paths) if key[0] == steps[0].number]
        due, threads = mine * (DELIVERIES - 1), []
        dice.shuffle(due)
        for step, path in due:
            plan, after = disturbed(dice)
            threads.append(threading.Thread(target=world.deliver, args=(step.name, path, plan), kwargs={"after": after}))
            threads[-1].start()
            if len(threads) >= 4:
                threads.pop(0).join()
        for thread in threads:
            thread.join()
        dice.shuffle(mine)
        for step, path in mine:
            outcomes[step.number, step.ordinal] = world.settle(step.name, path)
    each(issues, one)
    return outcomes


def play_in_order(world, issues, order):
    """The same, once each, issue by issue in the order in which the other world decided on the events."""
    paths, outcomes = act_all(world, issues), {}

    def one(steps):
        mine = sorted((key for key in paths if key[0] == steps[0].number), key=lambda key: order[key])
        for key in mine:
            step, path = paths[key]
            outcomes[key] = world.settle(step.name, path)
    each(issues, one)
    return outcomes


def decided(world, issues):
    """When each event was decided on: (number, ordinal) to a moment."""
    rows = {row["run"]: row["at"] for row in world.db.rows(
        "SELECT e.id::text AS run, coalesce(least((SELECT min(a.intended_at) FROM yardmaster.actions a WHERE a.event_id = e.id), "
        "(SELECT min(c.read_at) FROM yardmaster.commands c WHERE c.event_id = e.id)), e.finished_at) AS at FROM yardmaster.events e")}
    return {key: rows.get(event, "") for key, event in world.events.items()}


# What is there at the end

def plain(body):
    """A comment without what differs from run to run."""
    body = UUID.sub("UUID", body or "")
    return re.sub(r"[0-9a-f]{64}", "HASH", body)


def shown(world, number):
    """An issue as GitHub shows it, without ids and times."""
    state = world.sim.get("/_sim/state/%s/issues/%d" % (world.repository, number))
    issue = state["issue"]

    def reactions(of):
        return {key: count for key, count in (of.get("reactions") or {}).items() if isinstance(count, int) and count
                and key != "total_count"}
    return {
        "title": issue["title"], "body": issue["body"], "state": issue["state"], "reason": issue["state_reason"],
        "labels": sorted(label["name"] for label in issue["labels"]), "locked": state["locked"],
        "lock_reason": state["lock_reason"], "assignees": sorted(a["login"] for a in issue["assignees"]),
        "milestone": (issue["milestone"] or {}).get("title"), "reactions": reactions(issue),
        "comments": [(c["user"]["login"], plain(c["body"]), reactions(c)) for c in state["comments"]],
        # What GitHub notes of each effect that was one: an effect that is sent again leaves nothing.
        "timeline": sorted(about(event) for event in state["timeline"] if (event.get("actor") or {}).get("login") == "robot"
                           and event["event"] not in ("mentioned", "subscribed", "commented"))}


def about(event):
    parts = [event["event"], (event.get("label") or {}).get("name"), (event.get("assignee") or {}).get("login"),
             (event.get("milestone") or {}).get("title"), (event.get("rename") or {}).get("to"), event.get("state_reason"),
             event.get("lock_reason")]
    return " ".join(str(part) for part in parts if part)


#: What would have an effect each time it is sent. The others set a state: where GitHub shows it already they do nothing,
#: though the simulator notes them, and what they did stands in the timeline.
MAKERS = {"rest." + kind for kind in ("create_issue", "create_comment", "delete_comment", "workflow_dispatch",
                                      "repository_dispatch", "create_label")}


def mutations(world):
    """How often each write took effect that would have one each time."""
    found = collections.Counter()
    for entry in world.sim.get("/_sim/mutations?limit=100000")["entries"]:
        if entry["token"] == "tok" and entry["mutation"] in MAKERS:
            fields = {k: v for k, v in entry.items() if k not in ("n", "ts", "token", "comment_id")}
            if "<!-- yardmaster:sticky=" in fields.get("body", ""):
                # Which text it was made with depends on the order in which processes came to their writes.
                fields["body"] = fields["body"][fields["body"].rindex("<!--"):]
            found[plain(json.dumps(fields, sort_keys=True))] += 1
    return found


def marked(world):
    """Comments that were posted more than once for one action."""
    seen = collections.Counter()
    for entry in world.sim.get("/_sim/mutations?limit=100000")["entries"]:
        if entry["mutation"] == "rest.create_comment" and entry["token"] == "tok":
            seen.update(re.findall("<!-- yardmaster:action=[^>]*-->", entry["body"]))
    return [marker for marker, count in seen.items() if count > 1]


def compare(what, reference, world, numbers, outcomes, expected, ordered=True):
    """Checks the world against the undisturbed one; gives how many things differ."""
    doubtful = {row["number"] for row in world.db.rows(
        "SELECT number FROM yardmaster.actions WHERE status = 'uncertain' AND kind = 'dispatch'")}
    wrong = []
    for number in numbers:
        want, got = shown(reference, number), shown(world, number)
        if number in doubtful:
            want, got = without_answers(want), without_answers(got)
        for key in want:
            if key == "comments" and not ordered:
                want[key], got[key] = sorted(want[key], key=str), sorted(got[key], key=str)
            if want[key] != got[key] and (ordered or key != "timeline"):
                wrong.append((number, key, want[key], got[key]))
    check("%s: %d issues are as the undisturbed run left them" % (what, len(numbers)), not wrong)
    for number, key, want, got in wrong[:12]:
        if key in ("comments", "timeline"):
            want, got = ([c for n, c in enumerate(one) if n >= len(other) or c != other[n]] for one, other in ((want, got), (got, want)))
        note("#%d %s: %s" % (number, key, ("wanted %s, found %s" % (want, got))[:900]))
    want, got = mutations(reference), mutations(world)
    for key in [key for key in got if "Not everything could be done" in key and json.loads(key)["number"] in doubtful]:
        del got[key]
    doubles = {key: (want[key], count) for key, count in got.items() if count > want[key]}
    missing = {key: (count, got[key]) for key, count in want.items() if count > got[key]
               and not ("Not everything could be done" in key and json.loads(key)["number"] in doubtful)}
    dispatched = [key for key in missing if "dispatch" in key]
    check("%s: %d writes, each once" % (what, sum(got.values())), not doubles)
    for key, (ours, theirs) in list(doubles.items())[:12]:
        note("wanted %d, found %d: %s" % (ours, theirs, key[:500]))
    check("%s: none is missing but %d dispatches of which nobody knows, each reported" % (what, len(dispatched)),
          len(missing) == len(dispatched) and all(int(json.loads(key)["inputs"]["issue"]) in doubtful for key in dispatched),
          "" if len(missing) == len(dispatched) else "; ".join("%s of %s" % (k[:300], v) for k, v in list(missing.items())[:6]))
    different = {key: (expected.get(key), outcomes.get(key)) for key in set(expected) | set(outcomes)
                 if (expected.get(key) or [None])[0] != (outcomes.get(key) or [None])[0] and key[0] not in doubtful}
    check("%s: %d events ended as in the undisturbed run" % (what, len(outcomes)), not different, str(list(different.items())[:3])
          if different else "")
    twice = marked(world)
    check("%s: no comment was posted twice" % what, not twice, str(twice))
    open_ends = world.db.value("SELECT count(*) FROM yardmaster.actions WHERE status = 'intended'")
    check("%s: no action is left open" % what, open_ends == 0, "%s are" % open_ends if open_ends else "")
    check("%s: no process ended in another way than by the kill, or with 0, 1 or 75" % what, not world.bad, str(world.bad[:2]))
    return wrong or doubles or missing


def without_answers(state):
    """Where a dispatch is in doubt, the command's author is told so instead of that all went well."""
    return dict(state, reactions={}, comments=[
        (who, body, {}) for who, body, _ in state["comments"] if not body.startswith("Not everything could be done")])


def once(options, work):
    seed, left, worlds = options.seed, options.events, 0
    data = os.path.join(work, "once-data")
    folder = os.path.join(data, REPOSITORY.replace("/", "__"))
    os.makedirs(folder)
    for name, rows in (("labels", [{"name": label} for label in LABELS]),
                       ("milestones", [{"number": n, "title": t} for n, t in ((1, "v1"), (2, "v2.0"))]),
                       ("users", [{"login": login, "id": 100 + n, "type": "User"} for n, login in enumerate(ACTORS)])):
        with open(os.path.join(folder, name + ".jsonl"), "w") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)
    json.dump(PERMISSIONS, open(os.path.join(folder, "collaborators.json"), "w"))
    configuration = os.path.join(work, "once.yml")
    open(configuration, "w").write(CONFIGURATION)
    if options.once == "real" or options.once is None and options.events >= 100:
        real(options, work)
    if options.once in (None, "between"):
        between(options, data, configuration)
    while left > 0:
        count, left = min(left, WORLD), left - WORLD
        burst, faults = worlds % 3 == 1, worlds % 3 == 2
        worlds += 1
        if options.once and options.once != ("burst" if burst else "faults" if faults else "serial"):
            continue
        dice = random.Random("%s/once/%d" % (seed, worlds))
        issues = script(dice, count, COMMANDS if burst else SERIAL_COMMANDS)
        play_one(options, data, configuration, "%s %d" % ("burst" if burst else "faults" if faults else "serial", worlds),
                 issues, "%s/%d" % (seed, worlds), burst, faults)


def real(options, work):
    """The recorded payloads."""
    folder = os.path.join(options.shared, "data", "webhooks")
    files = sorted(f for f in os.listdir(folder) if f.endswith(".json") and f.split(".")[0] in ("issues", "issue_comment"))
    place = os.path.join(work, "once-real")
    os.mkdir(place)
    data = payloads.told(folder, files, place)
    configuration = os.path.join(place, "real.yml")
    open(configuration, "w").write(payloads.CONFIGURATION)
    threads = collections.defaultdict(list)
    for n, name in enumerate(files):
        payload = json.load(open(os.path.join(folder, name)))
        repository = payload["repository"]["full_name"]
        number = payload["issue"]["number"]
        threads[repository, number].append((n, name, Step(n, 0, name.split(".")[0], payload.get("action"), "", repository=repository)))
    reference, world = World(options, data, configuration), World(options, data, configuration)
    try:
        outcomes = {}

        def deliver(at, disturb):
            def one(events):
                for n, name, step in events:
                    path = os.path.join(at.folder, "%d.0.json" % n)
                    with open(path, "w") as out, open(os.path.join(folder, name)) as source:
                        out.write(source.read())
                    dice = random.Random("%s/%s" % (options.seed, name))
                    outcomes[disturb, n] = deliver_all(at, dice, step, path) if disturb else at.settle(step.name, path)
            each(list(threads.values()), one)
        deliver(reference, False)
        deliver(world, True)
        note("real: %d events, %d processes: %s" % (len(files), world.processes, dict(world.killed)))
        wrong = []
        for repository, number in threads:
            reference.repository = world.repository = repository
            try:
                want = shown(reference, number)
            except RuntimeError:
                continue
            got = shown(world, number)
            wrong += [(repository, number, key, want[key], got[key]) for key in want if want[key] != got[key]]
        check("real: %d items are as the undisturbed run left them" % len(threads), not wrong, str(wrong[:3])[:900] if wrong else "")
        want, got = mutations(reference), mutations(world)
        check("real: %d writes, each once, none missing" % sum(got.values()), want == got, str(((want - got), (got - want)))[:900]
              if want != got else "")
        twice = marked(world)
        check("real: no comment was posted twice", not twice, str(twice) if twice else "")
        different = [(files[n], outcomes[False, n][0], outcomes[True, n][0]) for n in range(len(files))
                     if outcomes[False, n][0] != outcomes[True, n][0]]
        check("real: every event ended as in the undisturbed run", not different, str(different[:4]) if different else "")
    finally:
        reference.stop()
        world.stop()


KINDS = ["http_500", "http_503", "http_502_html", "reset_before_headers", "reset_mid_body", "truncated_json", "secondary_limit"]


def play_one(options, data, configuration, what, issues, seed, burst, faults):
    numbers = [steps[0].number for steps in issues]
    reference = World(options, data, configuration)
    world = World(options, data, configuration)
    try:
        begun = time.monotonic()
        if not burst:
            expected = play(reference, issues, seed, False)
        if faults:
            plan = [{"kind": kind, "rate": options.once_fault_rate, "match": {"token": "tok"},
                     "params": {"retry_after": 1, "penalty": 1} if kind == "secondary_limit" else {}} for kind in KINDS]
            world.sim.faults({"seed": len(issues), "rules": plan})
        outcomes = play_shuffled(world, issues, seed) if burst else play(world, issues, seed, True)
        world.sim.faults({"rules": []})
        if burst:
            expected = play_in_order(reference, issues, decided(world, issues))
        note("%s: %d events, %d processes (%s) in %d s: %s" % (
            what, len(outcomes), world.processes, ", ".join("%d %s" % (n, k) for k, n in sorted(world.killed.items())),
            time.monotonic() - begun, dict(collections.Counter(str(o[0]) for o in expected.values()))))
        bad = compare(what, reference, world, numbers, outcomes, expected, ordered=not burst)
        if bad and options.keep:
            note("kept: %s %s; %s %s" % (world.db.url, world.sim.url, reference.db.url, reference.sim.url))
            json.dump([[str(step) for step in steps] for steps in issues], open(os.path.join(options.keep, what.replace(" ", "-") + ".json"), "w"), indent=1)
            while not os.path.exists(os.path.join(options.keep, "go")):
                time.sleep(1)
            os.unlink(os.path.join(options.keep, "go"))
    finally:
        reference.stop()
        world.stop()


# What happens between a kill and the re-run

class Story:
    """Events on one issue, delivered by hand."""

    def __init__(self, world, number, body="## Version\n\n1.2"):
        self.world, self.number, self.count = world, number, 0
        self.does("issues", "opened", "carol", title="A question %d" % number, body=body)

    def act(self, name, action, actor, **more):
        time.sleep(PAUSE)
        step = Step(self.number, self.count, name, action, actor, **more)
        self.count += 1
        return step, self.world.act(step)

    def does(self, name, action, actor, **more):
        """Acts, and has the event processed."""
        step, path = self.act(name, action, actor, **more)
        return self.world.settle(step.name, path)

    def interrupted(self, name, action, actor, plan, **more):
        """Acts, and has the event's process killed; gives what processes the event later."""
        step, path = self.act(name, action, actor, **more)
        status, _, log = self.world.deliver(step.name, path, plan)
        check("    killed %s" % plan, status == -9, "it ended with %d: %s" % (status, open(log).read()[-400:]) if status != -9 else "")
        return lambda: self.world.settle(step.name, path)

    @property
    def issue(self):
        return shown(self.world, self.number)


def between(options, data, configuration):
    """A run is killed, the thread goes on, and the event comes again."""
    world = World(options, data, configuration)
    number = 0
    try:
        for phase in ("before", "after") if options.events >= 100 else ("after",):
            # The first write of a command's event is the reaction, the second its effect.
            effect = lambda: Plan(2, phase, writes=True)

            def story():
                nonlocal number
                number += 1
                return Story(world, number)
            s = story()
            again = s.interrupted("issue_comment", "created", "bob", effect(), body="/title The older title")
            s.does("issue_comment", "created", "bob", body="/title The newer title")
            again()
            check("killed %s a command's write: a newer command's title stands" % phase, s.issue["title"] == "The newer title",
                  s.issue["title"])
            s = story()
            again = s.interrupted("issue_comment", "created", "bob", effect(), body="/label bug slow")
            if phase == "before":
                s.does("issues", "labeled", "carol", label="bug")
            s.does("issues", "unlabeled", "carol", label="bug")
            again()
            check("killed %s a command's write: a label that a person removed stays away, the other is there" % phase,
                  s.issue["labels"] == ["slow"], s.issue["labels"])
            s = story()
            again = s.interrupted("issue_comment", "created", "bob", effect(), body="/close")
            if phase == "before":
                s.does("issues", "closed", "carol")
            s.does("issues", "reopened", "carol")
            again()
            check("killed %s a command's write: an issue that a person reopened stays open" % phase, s.issue["state"] == "open")
            s = story()
            s.does("issue_comment", "created", "mona", body="/label docs wip")
            s.does("issue_comment", "created", "mona", body="/label slow")
            again = s.interrupted("issue_comment", "created", "mona", effect(), body="/undo")
            again()
            check("killed %s an undo's write: one transaction is taken back" % phase, s.issue["labels"] == ["docs", "wip"],
                  s.issue["labels"])
            s = story()
            again = s.interrupted("issue_comment", "created", "carol", effect(), body="/build")
            outcome, _ = again()
            again()
            found = sum("\"issue\": \"%d\"" % s.number in key for key in mutations(world) if "build.yml" in key)
            replies = [body for _, body, _ in s.issue["comments"] if "Not everything" in body]
            check("killed %s a dispatch: sent %d times, and its author is told once" % (phase, found),
                  found == (phase == "after") and len(replies) == 1 and "An action failed" not in replies[0],
                  "%s %s" % (outcome, replies))
            s = story()
            again = s.interrupted("issue_comment", "created", "bob", effect(), body="I have version 3.")
            s.does("issue_comment", "created", "dave", body="version 4 here")
            again()
            answers = [body.split("\n")[0] for _, body, _ in s.issue["comments"] if "answered" in body]
            check("killed %s a sticky comment's write: the newer text stands, once" % phase, answers == ["@dave answered."], answers)
            s = story()
            again = s.interrupted("issue_comment", "created", "carol", effect(), body="/duplicate #1")
            again()
            check("killed %s a close as duplicate" % phase, s.issue["reason"] == "duplicate", s.issue["reason"])
        # An event that comes after somebody with less permission edited the text runs what its own actor wrote.
        s = Story(world, number + 1)
        number += 2
        opened, path = Step(number, 0, "issues", "opened", "mona", title="By a maintainer", body="/label docs"), None
        path = world.act(opened)
        time.sleep(PAUSE)
        edited = Step(number, 1, "issues", "edited", "dave", body="/label docs\n/lock resolved\n/title Mine now")
        path_of_edit = world.act(edited)
        world.settle("issues", path)
        world.settle("issues", path_of_edit)
        state = shown(world, number)
        check("a text that was edited by somebody else gives that person no more than both may",
              state["labels"] == ["docs"] and not state["locked"] and state["title"] == "By a maintainer", str(state)[:300])
        twice = marked(world)
        check("between: no comment was posted twice", not twice, str(twice))
    finally:
        world.stop()
