"""`plan --all` and `sync` of recorded repositories; killed at random moments; interrupted."""
import json
import os
import random
import signal
import subprocess
import time

from harness import BIG, Database, Simulator, capture, check, environment, note, plan, run, start
from truth import Truth, compare, content, digest

GUI = "bitcoin-core/gui"


def simulator(options):
    folders = [os.path.join(options.shared, "data", "rest", name) for name in ("panjf2000__ants", "bitcoin-core__gui")]
    return Simulator(options.shared, folders, ["tok:%d:%d:robot" % (BIG, BIG), "truth:%d:%d:truth" % (BIG, BIG)])


def captures(options, sim):
    for repository in ("panjf2000/ants", GUI):
        captured(options.executable, sim, repository)


def captured(exe, sim, repository):
    """Equal to the truth, and a second run finds nothing to do."""
    db = Database("capture")
    env = environment(sim.url, db, repository)
    sim.reset()
    begun = time.monotonic()
    out = capture(exe, env)
    seconds = time.monotonic() - begun
    check("%s: plan and sync end with 0 and complete" % repository, out.get("complete") == "true")
    points, requests = sim.spent()
    sim.judge(repository)
    truth = Truth(sim, repository)
    pulls = max(1, len(truth.tables["pull_requests"]))
    note("%d rows in %.1f s; %d points and %d REST requests, %.3f and %.3f a pull request" % (
        truth.rows, seconds, points, requests, points / pulls, requests / pulls))
    compare(db, truth, repository)
    before = digest(db)
    capture(exe, env)
    again = [now - then for now, then in zip(sim.spent(), (points, requests))]
    check("%s: a second run changes nothing and costs %d points and %d REST requests" % (repository, *again),
          digest(db) == before and sum(again) <= 6)
    db.drop()


def kills(options, sim):
    exe, count = options.executable, options.kills
    clean = Database("clean")
    env = environment(sim.url, clean, GUI)
    sim.reset()
    begun = time.monotonic()
    capture(exe, env)
    whole = time.monotonic() - begun
    baseline = sim.stats()["requests"]
    expected = content(clean)
    clean.drop()

    dice = random.Random(options.seed)
    db = Database("kills")
    env = environment(sim.url, db, GUI)
    sim.reset()
    job = plan(exe, env)["job-id"]
    killed, cycles = 0, 1
    while killed < count:
        process = start(exe, ["sync", "--job-id", job], env)
        try:
            process.wait(timeout=dice.uniform(0.02, whole / 6))
            # Done before the kill: begin again in a fresh database, the count of kills goes on.
            if content(db) != expected:
                break
            db.drop()
            db = Database("kills")
            env["DATABASE_URL"] = db.url
            job = plan(exe, env)["job-id"]
            cycles += 1
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
    for _ in range(60):
        done, out, _ = run(exe, ["sync", "--job-id", job], env)
        if out.get("complete") == "true":
            break
        time.sleep(0.5)
    check("%d kills (seed %d): complete, the same rows" % (killed, options.seed),
          out.get("complete") == "true" and content(db) == expected)
    again = sim.judge("kills")["requests"] - cycles * baseline
    check("at most two requests again for each kill: %d requests more than %d whole walks take, %d kills" % (
        again, cycles, killed), again <= 2 * killed)
    db.drop()


def signals(options, sim):
    exe = options.executable
    db = Database("signals")
    env = environment(sim.url, db, GUI)
    sim.reset()
    job = plan(exe, env)["job-id"]
    process = start(exe, ["sync", "--job-id", job], env)
    for _ in range(2000):
        if db.value("SELECT count(*) FROM yardmaster.pull_requests"):
            break
        time.sleep(0.005)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    status = process.wait(timeout=30)
    seconds = time.monotonic() - begun
    rows = db.value("SELECT count(*) FROM yardmaster.capture_chunks WHERE cursor IS NOT NULL OR status = 'completed'")
    check("SIGINT: status %d after %.2f s, checkpoints %d" % (status, seconds, rows),
          status == 130 and seconds < 1 and rows > 0)
    done, out, _ = run(exe, ["sync", "--job-id", job], env)
    complete = out.get("complete") == "true"
    check("the next sync completes the job", complete, "" if complete else done.stdout[-300:])
    db.drop()
