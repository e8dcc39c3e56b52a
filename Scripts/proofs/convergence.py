"""Events on one issue of which a random half never comes: one sweep leads to what all of them would have led to."""
import random

from harness import Database, check, note
from maintained import LABELS, LOCKS, MILESTONES, PATH, REASONS, ROLES, VISITORS, Maintained, Runs

CONFIGURATION = """\
mode: live
alerts: false
commands:
  permissions: { label: triage, close: write, title: write }
  for_authors: [reopen]
  aliases: { wontfix: close not planned }
  custom:
    - name: park
      permission: write
      then: { label: Parked, assign: tim, unlabel: ui, milestone: Next release, title: Parked }
rules:
  - name: kettle
    on: [issue_comment.created]
    when: { comment: [kettle] }
    then: { label: Kettle }
"""


class Step:
    """Something that a person does, and whether the event of it comes."""

    def __init__(self, kind, who, delivered):
        self.kind, self.who, self.delivered = kind, who, delivered


def commands(r):
    """Some lines of a comment."""
    def names():
        return ", ".join('"%s"' % name for name in r.sample([*LABELS, "New one", "BUG"], r.randrange(1, 4)))
    lines = [
        lambda: "/label " + names(), lambda: "/unlabel " + names(), lambda: "/label " + names(), lambda: "/unlabel " + names(),
        lambda: "/close" + r.choice(["", *(" " + x for x in REASONS)]),
        lambda: "/reopen", lambda: "/wontfix", lambda: "/reopen",
        lambda: "/assign " + r.choice(["me", "@wanda", "tim marc", "@mona"]),
        lambda: "/unassign " + r.choice(["me", "@wanda", "tim marc", "@mona"]),
        lambda: "/lock" + r.choice(["", *(" " + x for x in LOCKS)]), lambda: "/unlock",
        lambda: "/milestone " + r.choice([*MILESTONES, "none"]), lambda: "/title Title %d" % r.randrange(1000),
        lambda: "/duplicate #%d" % r.randrange(2, 9), lambda: "/park", lambda: "no kettle here", lambda: "> /label quoted",
    ]
    return "\n".join(r.choice(lines)() for _ in range(r.choice([1, 1, 2, 3])))


def by_hand(r, here, there):
    """A change by hand that changes something in both worlds; None where there is none of the kind that was drawn."""
    def both(what):
        return here[what] if here[what] == there[what] else None
    kind = r.choice(["labeled", "unlabeled", "assigned", "unassigned", "state", "edited", "milestoned", "demilestoned", "lock"])
    labels = {name.lower(): name for name in LABELS}
    if kind == "labeled":
        free = [name for low, name in labels.items() if low not in here["labels"] and low not in there["labels"]]
        return free and (kind, r.choice(free))
    if kind == "unlabeled":
        shown = [name for low, name in labels.items() if low in here["labels"] and low in there["labels"]]
        return shown and (kind, r.choice(shown))
    if kind in ("assigned", "unassigned"):
        people = [login for login in sorted(ROLES) if (login in here["assignees"]) == (login in there["assignees"]) and
                  (login in here["assignees"]) == (kind == "unassigned")]
        return people and (kind, r.choice(people))
    if kind == "state":
        state = both("state")
        return state and (("closed", r.choice(REASONS)) if state == "open" else ("reopened", None))
    if kind == "edited":
        return kind, "By hand %d" % r.randrange(1000)
    if kind == "milestoned":
        free = [title for title in MILESTONES if title not in (here["milestone"], there["milestone"])]
        return kind, r.choice(free)
    if kind == "demilestoned":
        return here["milestone"] and there["milestone"] and (kind, None)
    if here["lock"] and there["lock"]:
        return "unlocked", None
    return not here["lock"] and not there["lock"] and ("locked", r.choice(LOCKS))


class World:
    """One of the two: its simulator, its database, and the comments by the step that wrote them."""

    def __init__(self, options, work, name):
        self.world = Maintained(options, work, name)
        self.db = Database(name)
        self.runs = Runs(options, self.db, self.world, CONFIGURATION, work)
        self.comments = {}
        self.failures = []

    def deliver(self, name, payload):
        done, out, _ = self.runs.deliver(name, payload)
        if done.returncode:
            self.failures.append((done.stdout + done.stderr)[-400:])

    def stop(self):
        self.world.stop()
        self.db.drop()


class Script:
    """Plays the same steps in both worlds: in one, all events come."""

    def __init__(self, options, work, seed):
        self.random = r = random.Random("%d convergence" % seed)
        self.all = World(options, work, "all%d" % seed)
        self.half = World(options, work, "half%d" % seed)
        self.worlds = (self.all, self.half)
        self.story = []
        self.longest = r.choice([2, 90, 900])
        # GitHub's clock must not be ahead of the database's by more than a minute.
        start = -2 * options.events * self.longest - r.choice([0, 3600])
        for each in self.worlds:
            each.world.sim.ask("POST", "/_sim/advance_clock", {"seconds": start})
            self.number = each.world.open("vera", "The one", "text")

    def states(self):
        return [each.world.state(self.number) for each in self.worlds]

    def tick(self):
        seconds = self.random.randrange(1, self.longest + 1)
        for each in self.worlds:
            each.world.sim.ask("POST", "/_sim/advance_clock", {"seconds": seconds})

    def play(self, count):
        r = self.random
        edits = []
        n = 0
        while n < count:
            self.tick()
            if edits and r.random() < 0.25:
                self.edit(*edits.pop(r.randrange(len(edits))))
            elif r.random() < 0.3:
                change = by_hand(r, *self.states())
                if not change:
                    continue
                self.change(*change, r.random() < 0.5)
            else:
                plan = self.say(n, r.random() < 0.5)
                if plan:
                    edits.append(plan)
                    n += 1  # Its edit is an event, too.
            n += 1
        for plan in edits:
            self.tick()
            self.edit(*plan)

    def change(self, what, value, comes):
        who = self.random.choice(["mona", "wanda"])
        self.story.append("%s %s %r by hand" % ("  " if comes else "x ", what, value))
        for each in self.worlds:
            more = each.world.change(who, self.number, what, value)
            if each is self.all or comes:
                each.deliver("issues", each.world.payload(what, self.number, who, **more))

    def say(self, n, comes):
        """A comment; in the one world it says at once what an edit will make of it, where nobody will know better."""
        r = self.random
        who = r.choice([*ROLES, *ROLES, *VISITORS])
        text = commands(r)
        later = commands(r) if r.random() < 0.25 else None
        if later and set(later.split("\n")) & set(text.split("\n")):
            later = None
        edit_comes = r.random() < 0.5
        self.story.append("%s %s: %r%s" % ("  " if comes else "x ", who, text, " (edited later)" if later else ""))
        is_gone = later and not comes
        for each in self.worlds:
            first = later if is_gone and not edit_comes and each is self.all else text
            if each.world.issue(self.number)["locked"] and who in VISITORS:
                return None
            comment = each.comments[n] = each.world.comment(who, self.number, first)
            if comes or (each is self.all and not (is_gone and edit_comes)):
                each.deliver("issue_comment", each.world.payload("created", self.number, who, comment))
        return (n, who, text, later, edit_comes, comes) if later else None

    def edit(self, n, who, text, later, comes, was_delivered):
        self.story.append("%s %s edits %r to %r" % ("  " if comes else "x ", who, text, later))
        for each in self.worlds:
            before = each.comments[n]
            comment = each.world.act(who, "PATCH", "/issues/comments/%d" % before["id"], {"body": later})
            if each is self.all or comes:
                payload = each.world.payload("edited", self.number, who, comment, changes={"body": {"from": before["body"]}})
                each.deliver("issue_comment", payload)

    def stop(self):
        for each in self.worlds:
            each.stop()


def convergence(options, work):
    for turn in range(options.convergences):
        seed = options.seed + turn
        script = Script(options, work, seed)
        try:
            script.play(options.happenings)
            before = script.states()
            half = script.half
            names = len(half.world.sim.journal())
            done, out, summary = half.runs.command("sweep", "--repository", "acme/widget", "--only", "automation")
            requests = half.world.sim.journal(names)
            here, there = script.states()
            wrong = {key: (there[key], here[key]) for key in here if here[key] != there[key]}
            apart = sum(before[0][key] != before[1][key] for key in here)
            good = check("seed %d: %d events, half of them missed; %d of 7 facets differ before the sweep, none after it" % (
                seed, len(script.story), apart), not wrong and not done.returncode,
                "%s%s" % (wrong, "" if not done.returncode else " exit %d: %s" % (done.returncode, (done.stdout + done.stderr)[-600:])))
            if not good:
                for line in script.story[-options.story:]:
                    note(line)
            failures = script.all.failures + half.failures
            check("every delivered event was processed", not failures, failures[:2] if failures else "")
            again, _, _ = half.runs.command("sweep", "--repository", "acme/widget", "--only", "automation")
            check("a second sweep changes nothing (the first: %d requests)" % len(requests),
                  not again.returncode and script.states()[1] == there, again.stdout[-300:] if again.returncode else "")
            half.world.sim.judge("convergence")
        finally:
            script.stop()
