"""Weeks of issues that nobody works on: who is warned, closed, spared, and what a sweep costs."""
import collections
import math
import random

from harness import Database, check, note
from maintained import REPOSITORY, ROLES, VISITORS, Maintained, Runs

DAY = 86_400
AFTER, CLOSE_AFTER = 30, 7
CONFIGURATION = """\
mode: live
alerts: false
stale:
  after: %d days
  close_after: 1 week
  label: Stale
  comment: "Nothing happens here, {{author}}."
  close_comment: Closed.
  close_reason: not_planned
  exempt_labels: [bug, "priority/*"]
  exempt_milestones: ["v*"]
  exempt_assignees: [mona]
  exempt_authors: [tim]
""" % AFTER


def expected(issue, day):
    """What a sweep on that day makes of an issue: by the model, not by the program."""
    quiet, warned = day - issue["active"], issue["warned"]
    if issue["closed"]:
        return None
    if issue["exempt"]:
        return "unmark" if warned is not None else None
    if warned is None:
        return "warn" if quiet >= AFTER else None
    if issue["active"] > warned:
        return "unmark"
    return "close" if day - warned >= CLOSE_AFTER else None


def stale(options, work):
    r = random.Random("%d stale" % options.seed)
    count = options.stale_issues
    world = Maintained(options, work, "stale")
    db = Database("stale")
    runs = Runs(options, db, world, CONFIGURATION, work)
    sim, wrong, costs = world.sim, [], []
    what = collections.Counter()
    try:
        if not options.stale_future:
            sim.ask("POST", "/_sim/advance_clock", {"seconds": -90 * DAY})
        issues = {}
        for _ in range(count):
            author = r.choice([*ROLES, *VISITORS])
            number = world.open(author, "Quiet?", "text")
            exempt = author == "tim"
            if r.random() < 0.15:
                label = r.choice(["bug", "ui", "priority/high"])
                world.change("marc", number, "labeled", label)
                exempt |= label != "ui"
            if r.random() < 0.1:
                milestone = r.choice(["v1.0", "Next release"])
                world.change("marc", number, "milestoned", milestone)
                exempt |= milestone == "v1.0"
            if r.random() < 0.1:
                login = r.choice(["mona", "marc"])
                world.change("marc", number, "assigned", login)
                exempt |= login == "mona"
            issues[number] = {"active": 0, "warned": None, "closed": False, "exempt": exempt, "alive": r.random() < 0.1}
        day = 0
        while day < options.stale_days:
            step = r.choice([1, 1, 1, 2, 3])
            day += step
            # Between the second of what people did and of the sweep there are hours.
            sim.ask("POST", "/_sim/advance_clock", {"seconds": step * DAY - 7200})
            for number, issue in issues.items():
                if issue["closed"] or r.random() > (0.2 if issue["alive"] else 0.004 if issue["warned"] is None else 0.03):
                    continue
                who = r.choice([*ROLES, *VISITORS])
                if r.random() < 0.7:
                    comment = world.comment(who, number, "Still there.")
                    if r.random() < 0.5:
                        runs.deliver("issue_comment", world.payload("created", number, who, comment))
                else:
                    world.change("marc", number, "edited", "Quiet %d" % day)
                issue["active"] = day - 0.05
                if issue["warned"] is not None and r.random() < 0.1:
                    world.change("marc", number, "labeled", "bug")
                    issue["exempt"] = True
            sim.ask("POST", "/_sim/advance_clock", {"seconds": 7200})
            journal = len(sim.journal())
            done, _, summary = runs.command("sweep", "--repository", REPOSITORY, "--only", "automation")
            if not options.stale_future:
                # The database's clock goes with GitHub's.
                db.execute("UPDATE yardmaster.threads SET acted_at = acted_at - interval '%f days' "
                           "WHERE acted_at > now() - interval '1 hour'" % (90 - day))
            if done.returncode:
                wrong.append("day %d: exit %d: %s" % (day, done.returncode, (done.stdout + done.stderr)[-400:]))
            entries = sim.journal(0)[journal:]
            reads = [e for e in entries if e["method"] == "GET" or e["path"].endswith("/graphql")]
            writes = len(entries) - len(reads)
            costs.append((day, len(reads), writes))
            # The configuration, the repository, two lists of what changed, the token's own login; and once whose budget
            # the token draws on.
            if len(reads) > math.ceil(count / 50) + 5 + (day == 1):
                kinds = collections.Counter((e["method"], e.get("operation") or e["path"].rstrip("0123456789")) for e in reads)
                wrong.append("day %d: %d requests to read %d issues: %s" % (day, len(reads), count, kinds.most_common(4)))
            for number, issue in issues.items():
                verdict = expected(issue, day)
                what[verdict] += 1
                if verdict == "warn":
                    issue["warned"] = day
                elif verdict == "unmark":
                    issue["warned"] = None
                elif verdict == "close":
                    issue["closed"] = True
                state = world.state(number)
                is_marked, is_closed = "stale" in state["labels"], state["state"] == "closed"
                if is_marked != (issue["warned"] is not None) or is_closed != issue["closed"]:
                    wrong.append("day %d, #%d %s: marked %s, closed %s, expected %s" % (
                        day, number, issue, is_marked, is_closed, verdict))
                    issue["warned"], issue["closed"] = (issue["warned"] or day) if is_marked else None, is_closed
        most = max(reads for _, reads, _ in costs)
        check("%d sweeps of %d issues over %d days: %s" % (
            len(costs), count, day, ", ".join("%d to %s" % (n, k) for k, n in what.items() if k)), not wrong,
            "%d differ" % len(wrong) if wrong else "")
        for line in wrong[:15]:
            note(line)
        note("requests to read: at most %d a sweep; writes: %d in all" % (most, sum(writes for _, _, writes in costs)))
        said = [len([c for c in world.comments(number) if c["user"]["login"] == world.robot]) for number in issues]
        steps = what["warn"] + what["close"]
        check("one comment for each warning and each end: %d" % sum(said), sum(said) == steps, "%d steps" % steps if sum(said) != steps else "")
        sim.judge("stale")
    finally:
        world.stop()
        db.drop()
