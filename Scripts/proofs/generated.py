"""Generated repositories, field by field: after a whole capture, after a delta, and after sweeps whose audit is through."""
import collections
import os
import time

from changes import SILENT, STAMPED, Changes
from harness import BIG, Database, Simulator, capture, check, environment, generate, note, run
from truth import Truth, compare


def generated(options, work):
    issues = options.size * 3 // 4
    for shape in ("typical", "nasty"):
        repository = "acme/" + shape
        folder = generate(options.shared, os.path.join(work, "generated"), repository, options.size, issues, options.seed, shape)
        sim = Simulator(options.shared, [folder], ["tok:%d:%d:robot" % (BIG, BIG), "truth:%d:%d:truth" % (BIG, BIG)],
                        memoize=options.size <= 2000)
        try:
            prove(options, sim, repository)
        finally:
            sim.stop()


def prove(options, sim, repository):
    exe = options.executable
    db = Database("generated")
    env = environment(sim.url, db, repository)
    begun = time.monotonic()
    out = capture(exe, env)
    seconds = time.monotonic() - begun
    points, requests = sim.spent()
    check("%s: plan and sync end with 0 and complete" % repository, out.get("complete") == "true")
    sim.judge(repository)
    truth = Truth(sim, repository)
    pulls = len(truth.tables["pull_requests"])
    note("%d rows in %.1f s, %.0f a second; %d points, %d REST requests: %.3f and %.3f a pull request" % (
        truth.rows, seconds, truth.rows / seconds, points, requests, points / pulls, requests / pulls))
    compare(db, truth, repository)

    script = Changes(truth, options.seed)
    script.apply(sim, options.changes * 7 // 10, STAMPED)
    sim.reset(data=False)
    capture(exe, env)
    points, requests = sim.spent()
    check("%s: a delta of %d changes on %d items costs %d points and %d REST requests" % (
        repository, script.done, len(script.touched), points, requests),
        points <= 4 + len(script.touched) / 15 + depth(truth, script.touched) and requests <= 8 + len(script.touched) / 10)
    compare(db, Truth(sim, repository), "%s, changes and a delta:" % repository)

    now = db.value("SELECT clock_timestamp()")
    script.apply(sim, options.changes - script.done, {**STAMPED, **{kind: 5 * weight for kind, weight in SILENT.items()}})
    # Renamed people and labels are in the truth; so is whoever wrote nothing that is still there.
    spent, sweeps = sweep_until_audited(options, sim, db, env, repository, now)
    if sweeps is None:
        return db.drop()
    note("%d sweeps, points and REST requests of each: %s" % (sweeps, spent))
    compare(db, Truth(sim, repository), "%s, %d changes and an audit:" % (repository, script.done))
    sim.judge(repository)
    db.drop()


def depth(truth, numbers):
    """How many pages the longest list of these items has after its first: they can only be read one after the other."""
    lengths = collections.Counter()
    for table, column in (("reviews", "pull_number"), ("issue_comments", "issue_number"), ("pull_request_files", None)):
        lengths.update((table, row[column] if column else key[0]) for key, row in truth.tables[table].items())
    return max((length - 1) // 100 for (_, number), length in lengths.items() if number in numbers)


def audited(db, since):
    return db.value("SELECT count(*) FROM yardmaster.progressive_capture_jobs WHERE job_type = 'audit' "
                    "AND status = 'completed' AND created_at > '%s'" % since)


def sweep_until_audited(options, sim, db, env, repository, since, limit=60):
    """Sweeps until an audit that was begun after `since` is through. Each sweep spends a part of its budget on it."""
    spent = []
    while len(spent) < limit:
        before = sim.spent()
        # What is left for the audit is a part of the quota; a small part here, so that several sweeps share it.
        budget = ["--audit-points", str(options.audit_points)] if options.audit_points else []
        done, out, _ = run(options.executable, ["sweep", "--repository", repository, *budget], env)
        if done.returncode:
            check("%s: sweep ends with 0" % repository, False, (done.stdout + done.stderr)[-800:])
            return spent, None
        spent.append(tuple(now - then for now, then in zip(sim.spent(), before)))
        if audited(db, since):
            return spent, len(spent)
    check("%s: the audit comes to its end" % repository, False, "after %d sweeps: %s" % (limit, spent[-5:]))
    return spent, None
