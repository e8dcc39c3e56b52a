"""Random decisions on random issues, taken back in random order: what is left is what was there before, except where a
person changed something since, and that is told."""
import collections
import concurrent.futures
import http.client
import http.server
import os
import random
import threading
import time

from harness import Database, check, note
from maintained import LABELS, LOCKS, MILESTONES, PATH, REASONS, REPOSITORY, ROLES, VISITORS, Maintained, Runs

CONFIGURATION = """\
mode: live
alerts: false
rollback:
  permission: maintain
commands:
  permissions: { label: triage }
  aliases: { wontfix: close not planned }
  custom:
    - name: park
      permission: triage
      arguments: [{ name: until, default: later }]
      then:
        label: [Parked, ui]
        unlabel: bug
        assign: tim
        milestone: Next release
        lock: resolved
        close: not_planned
        comment: "Parked until {{args.until}}."
    - name: wake
      permission: triage
      then: { reopen: true, unlock: true, unlabel: [Parked, ui], unassign: tim, title: "[awake] {{title}}" }
rules:
  - name: kettle
    on: [issue_comment.created]
    when: { comment: [kettle] }
    then:
      label: [Kettle, bug]
      sticky: "Kettles so far: {{labels}} ({{milestone}})"
      assign: wanda
  - name: whistle
    on: [issue_comment.created]
    when: { comment: [whistle] }
    then:
      unlabel: [bug, späti]
      comment: "It whistles, {{author}}: {{title}}"
      milestone: v1.0
      title: "{{title}} (whistles)"
  - name: toast
    on: [issue_comment.created]
    when: { comment: [toast], state: open }
    then: { close: duplicate, lock: too heated, label: toast }
  - name: opened
    on: [opened]
    when: { title: [item] }
    then: { label: triage, sticky: "Welcome, {{author}}.", assign: "{{author}}" }
"""


class Gate:
    """Passes requests on to the simulator; calls `act` once, before the first check of an item is passed on, or after it
    and before the first write."""

    def __init__(self, port, moment, number, act):
        gate, lock = self, threading.Lock()
        self.acted = False

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                item = "%s/issues/%d" % (PATH, number)
                with lock:
                    isMoment = (self.command == "GET" and self.path == item) if moment == "check" else (
                        self.command != "GET" and self.path != "/graphql")
                    if isMoment and not gate.acted:
                        act()
                        gate.acted = True
                link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection", "accept-encoding")}
                link.request(self.command, self.path, body or None, headers)
                answer = link.getresponse()
                content = answer.read()
                self.send_response_only(answer.status)
                for key, value in answer.getheaders():
                    if key.lower() not in ("transfer-encoding", "connection", "content-length"):
                        self.send_header(key, value)
                if answer.status not in (204, 304):
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                link.close()
            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = pass_on

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Item:
    """An issue with what was done to it."""

    def __init__(self, number, seed):
        self.number = number
        # Of its own, so that the order in which threads come makes no difference.
        self.random = random.Random("%d undo %d" % (seed, number))
        #: By whoever rolls back, in the order in which they were made.
        self.transactions = []
        #: Place in the order of everything -> what a person changed there.
        self.interferences = {}
        self.clock = 0


class Proof:
    def __init__(self, options, work, seed):
        os.makedirs(work)
        self.seed = seed
        self.random = random.Random("%d undo" % seed)
        self.world = Maintained(options, work, "undo")
        self.db = Database("undo")
        self.runs = Runs(options, self.db, self.world, CONFIGURATION, work)
        self.kills = options.kills
        self.decisions = self.conflicts = self.overwritten = 0
        self.faults = []
        self.rollbacks = 0

    def fault(self, item, words):
        self.faults.append("#%d: %s" % (item.number, words))

    # The start: items as people left them.

    def populate(self, count):
        r, world = self.random, self.world
        items = []
        for n in range(count):
            if n % 5 == 4:
                number = 9000 + n
                world.sim.mutate({"op": "add_pr", "repo": REPOSITORY, "user": "vera", "number": number,
                                  "title": "Pull request item %d" % n, "body": "text"})
            else:
                number = world.open(r.choice([*ROLES, *VISITORS]), "An item %d" % n, "text")
            for label in r.sample(LABELS, r.randrange(4)):
                world.change("mona", number, "labeled", label)
            for login in r.sample(sorted(ROLES), r.randrange(3)):
                world.change("mona", number, "assigned", login)
            if r.random() < 0.4:
                world.change("mona", number, "milestoned", r.choice(MILESTONES))
            if r.random() < 0.3:
                world.change("mona", number, "closed", None if number >= 9000 else r.choice(REASONS))
            if r.random() < 0.3:
                world.change("mona", number, "locked", r.choice([None, *LOCKS]))
            items.append(Item(number, self.seed))
        return items

    # Decisions.

    def command_lines(self, r):
        labels = [*LABELS, "BUG", "new one", "NEEDS INFO"]

        def some(names):
            return ", ".join('"%s"' % name for name in r.sample(names, r.randrange(1, 4)))

        def line():
            return r.choice([
                lambda: "/label " + some(labels), lambda: "/unlabel " + some(labels), lambda: "/label " + some(labels),
                lambda: "/close" + r.choice(["", " completed", " not planned", " duplicate"]), lambda: "/reopen",
                lambda: "/close" + r.choice(["", " completed", " not planned", " duplicate"]), lambda: "/reopen",
                lambda: "/assign" + r.choice(["", " @wanda", " tim marc", " @mona @tim"]),
                lambda: "/unassign" + r.choice(["", " @wanda", " tim marc"]),
                lambda: "/lock" + r.choice(["", *(" " + x for x in LOCKS)]), lambda: "/unlock",
                lambda: "/milestone " + r.choice([*MILESTONES, "none"]),
                lambda: "/title " + r.choice(["A title %d", "Ünïcode – %d", "Fix: `code` @vera #%d"]) % r.randrange(99),
                lambda: "/duplicate #%d" % r.choice([1, 2, 3]), lambda: "/wontfix", lambda: "/park", lambda: "/wake",
                lambda: "the kettle is on", lambda: "a whistle", lambda: "toast for all",
            ])()
        return "\n".join(line() for _ in range(r.choice([1, 1, 2, 3, 4])))

    def decide(self, item):
        """One comment of a maintainer's, and what it brings about."""
        world, r = self.world, item.random
        who = r.choice(["mona", "marc", "wanda"])
        comment = world.comment(who, item.number, self.command_lines(r))
        payload = world.payload("created", item.number, who, comment)
        kill = r.uniform(0.02, 0.5) if r.random() < 0.05 else None
        done, out, summary = self.runs.deliver("issue_comment", payload, kill)
        item.clock += 1
        if done.returncode:
            return self.fault(item, "%r: exit %d: %s" % (comment["body"], done.returncode, (done.stdout + done.stderr)[-600:]))
        # Not from the outputs: where the first of two deliveries was killed late, the second is a duplicate.
        for row in self.db.rows(
                "SELECT a.transaction_id AS id, count(*) AS decisions FROM yardmaster.actions a "
                "JOIN yardmaster.events e ON e.id = a.event_id "
                "WHERE e.run_id = %d AND a.status = 'done' GROUP BY 1" % payload["run"]):
            item.transactions.append((row["id"], item.clock))
            self.decisions += row["decisions"]

    def interfere(self, item):
        """A person changes something by hand."""
        r, number, before = item.random, item.number, self.world.state(item.number)
        user = r.choice(["vera", "tim"])
        operation = r.choice(["add_label", "remove_label", "close", "edit_issue", "lock"])
        values = {}
        if operation == "add_label":
            free = [label for label in (*LABELS, "by hand") if label.lower() not in before["labels"]]
            values = {"label": r.choice(free)}
        elif operation == "remove_label":
            if not before["labels"]:
                operation, values = "add_label", {"label": "by hand"}
            else:
                values = {"label": r.choice(before["labels"])}
        elif operation == "close":
            operation = "reopen" if before["state"] == "closed" else "close"
            if operation == "close" and number < 9000:
                values = {"state_reason": r.choice(REASONS)}
        elif operation == "edit_issue":
            values = {"title": "By hand %d" % r.randrange(10 ** 6)}
        else:
            operation = "unlock" if before["lock"] else "lock"
        self.world.sim.mutate({"op": operation, "repo": REPOSITORY, "number": number, "user": user, **values})
        item.clock += 1
        after = self.world.state(number)
        item.interferences[item.clock] = {key: after[key] for key in after if after[key] != before[key]}
        return operation

    # Taking back.

    def roll_back(self, item, transaction, made, how):
        """Takes one transaction back; judges what was written over."""
        r, world = item.random, self.world
        before = world.state(item.number)
        since = [place for place in item.interferences if place > made]
        gate, kill, out, text = None, None, {}, ""
        if how == "undo":
            who = r.choice(["mona", "marc"])
            comment = world.comment(who, item.number, "/undo " + transaction)
            done, out, summary = self.runs.deliver("issue_comment", world.payload("created", item.number, who, comment))
            replies = [c["body"] for c in world.comments(item.number) if c["id"] > comment["id"] and
                       c["user"]["login"] == world.robot]
            text = done.stdout + summary + "\n".join(replies)
            is_refused = any("others changed" in reply or "Conflict" in reply for reply in replies)
        else:
            interfered = []
            if how in ("check", "write"):
                gate = Gate(world.sim.port, how, item.number, lambda: interfered.append((world.state(item.number), self.interfere(item), world.state(item.number))))
            kill = r.uniform(0.02, 0.6) if how == "kill" else None
            done, out, summary = self.runs.command("rollback", "--transaction", transaction, kill_after=kill,
                                                   url=gate.url if gate else None)
            text = done.stdout + done.stderr + summary
            is_refused = done.returncode == 1
        self.rollbacks += 1
        after = world.state(item.number)
        if gate:
            gate.stop()
            if gate.acted:
                at_hand, operation, left = interfered[0]
                changed = {key: left[key] for key in left if left[key] != at_hand[key]}
                lost = {key for key in changed if after[key] != changed[key]}
                if key_overwritten(lost, at_hand, left, after):
                    self.overwritten += 1
                    self.fault(item, "%s during %s (%s) was overwritten: %s -> %s -> %s" % (operation, transaction, how, at_hand, left, after))
                if how == "check" and not is_refused:
                    self.fault(item, "%s before the check of %s was not reported: %s" % (operation, transaction, text[-900:]))
                self.conflicts += is_refused
        elif since:
            if after != before:
                self.overwritten += 1
                self.fault(item, "%s (%s) wrote over %s: %s -> %s" % (transaction, how, [item.interferences[p] for p in since], before, after))
            self.conflicts += is_refused
            if not is_refused and not is_idle(text) and self.stands(transaction):
                self.fault(item, "%s (%s) did not report %s: %s" % (transaction, how, [item.interferences[p] for p in since], text[-900:]))
        elif is_refused or done.returncode:
            self.fault(item, "%s (%s) was refused, and nobody interfered since: %s" % (transaction, how, text[-900:]))
        item.clock += 1
        return None if is_refused else out.get("transaction-id")

    def stands(self, transaction):
        return self.db.value("SELECT count(*) FROM yardmaster.actions WHERE status = 'done' AND transaction_id = '%s'" % transaction)

    def unwind(self, item, share):
        """Takes all of an item's transactions back in random order; some twice over, with people in between."""
        r = item.random
        order = item.transactions[:]
        r.shuffle(order)
        for transaction, made in order:
            if item.number in share and r.random() < 0.35:
                self.interfere(item)
            how = r.choices(["plain", "undo", "kill", "again"], [5, 2, 2, 2])[0]
            if item.number in share and r.random() < 0.4:
                how = r.choice(["check", "write"])
            if how != "again":
                self.roll_back(item, transaction, made, how)
                continue
            # Taken back, done again, and so on: an odd number of times.
            last = transaction
            for turn in range(r.choice([3, 5])):
                last = self.roll_back(item, last, made, "plain")
                if not last:
                    if turn and not item.interferences:
                        self.fault(item, "turn %d of %s came to nothing" % (turn, transaction))
                    break
                made = item.clock
            else:
                continue
            if not item.interferences:
                self.roll_back(item, transaction, made, "plain")

    def run(self, size, workers=2):
        items = self.populate(max(4, size // 16))
        for item in items:
            item.start = self.world.state(item.number)
        # What people did in the second of a transaction counts as done after it.
        time.sleep(2)
        share = {item.number for item in items if self.random.random() < 0.35}

        def life(item):
            budget = per_item[item.number]
            while budget[0] > self.count(item):
                before = self.decisions
                self.decide(item)
                if item.number in share and item.random.random() < 0.08:
                    self.interfere(item)
                if len(item.transactions) > 40:
                    break
            self.unwind(item, share)
        per_item = {item.number: [self.random.randrange(2, 11)] for item in items}
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            list(pool.map(life, items))
        return items, share

    def count(self, item):
        return len(item.transactions)

    def judge(self, items):
        left = []
        for item in items:
            now = self.world.state(item.number)
            if item.interferences:
                continue
            if now != item.start:
                left.append("#%d: %s is %s" % (item.number, item.start, now))
            for comment in self.world.comments(item.number):
                if comment["user"]["login"] == self.world.robot:
                    if "did nothing here" in comment["body"] or "taken back already" in comment["body"]:
                        continue
                    left.append("#%d: the comment %r" % (item.number, comment["body"][:200]))
                elif comment["reactions"]["total_count"] and "/undo" not in comment["body"]:
                    left.append("#%d: reactions on %r" % (item.number, comment["body"][:80]))
        return left


def key_overwritten(lost, before, left, after):
    """Whether something of what a person changed is as it was before again. Labels that others put beside are none."""
    for key in lost:
        if key in ("labels", "assignees"):
            added, removed = set(left[key]) - set(before[key]), set(before[key]) - set(left[key])
            if added - set(after[key]) or removed & set(after[key]):
                return True
        else:
            return True
    return False


def is_idle(text):
    return "Nothing was done by" in text or "is taken back already" in text or "othing to" in text


def undo(options, work):
    """In parts with a database each, since writes are paced under GitHub's limits for content by what is in it."""
    part, left = 0, options.decisions
    totals = collections.Counter()
    wrong, faults = [], []
    while left > 0:
        proof = Proof(options, os.path.join(work, "undo%d" % part), options.seed + part)
        try:
            items, _ = proof.run(min(left, 80))
            wrong += proof.judge(items)
            faults += proof.faults
            totals.update(
                decisions=proof.decisions, rollbacks=proof.rollbacks, refused=proof.conflicts, items=len(items),
                transactions=sum(len(item.transactions) for item in items), overwritten=proof.overwritten,
                alone=sum(not item.interferences for item in items), changes=sum(len(item.interferences) for item in items))
            stats = proof.world.sim.stats()
            totals["complaints"] += sum(bool(stats[k]) for k in ("schema_violations", "unknown_paths", "not_simulated"))
            left -= max(proof.decisions, 1)
        finally:
            proof.world.stop()
            proof.db.drop()
        part += 1
    check("%(decisions)d decisions in %(transactions)d transactions on %(items)d items, %(rollbacks)d rollbacks: "
          "%(alone)d items that nobody touched are as at the start" % totals, not wrong, "%d are not" % len(wrong) if wrong else "")
    for line in wrong[:20]:
        note(line)
    check("%(changes)d changes by hand: %(refused)d rollbacks refused, %(overwritten)d changes written over" % totals,
          not faults, "%d faults" % len(faults) if faults else "")
    for line in faults[:20]:
        note(line)
    check("the simulator has no complaint", not totals["complaints"])
