"""Eight processes, each with a token of its own, on one quota: how much of it is used, and whether anything is sent too much.

The simulated hour is short and the minute is a minute, so a window is used up before the job is done and the secondary
limits are the real ones, server time among them.
"""
import dataclasses
import math
import os
import time

from harness import BIG, Database, Simulator, check, environment, generate, note, plan, start

WORKERS, HOUR = 8, 40
#: Issues and pull requests that a point brings in chunks as small as these, about.
ITEMS_PER_POINT = 24
REPOSITORY = "acme/quota"


@dataclasses.dataclass
class Use:
    """What became of a quota."""
    limit: int
    #: Points that were used in each window; the last one ended with the job and not with the quota.
    windows: list
    seconds: float
    finished: bool
    statuses: list
    requests: int
    stats: dict

    @property
    def shares(self):
        """Of what is not kept back for events: a tenth is, till late in the window."""
        return [used / (self.limit - math.ceil(self.limit * 0.1)) for used in self.windows[:-1]]

    @property
    def violations(self):
        return sum(self.stats["secondary_violations"].values())

    @property
    def late(self):
        return self.stats["requests_while_limited"]


def measure(executable, shared, work, pulls, limit, seed=1, latency=100):
    """Captures a generated repository with `limit` points in each window."""
    items = pulls + pulls * 3 // 4
    folder = generate(shared, os.path.join(work, "quota-%d" % pulls), REPOSITORY, pulls, items - pulls, seed)
    tokens = ["tok%d:%d:%d:robot" % (n, BIG, limit) for n in range(1, WORKERS + 1)]
    sim = Simulator(shared, [folder], [*tokens, "planner:%d:%d:planner" % (BIG, BIG), "truth:%d:%d:truth" % (BIG, BIG)],
                    "--hour", HOUR, "--server-time", "enforce", "--latency-ms", "%d:%d:0" % (latency // 2, latency))
    try:
        db = Database("quota")
        env = environment(sim.url, db, REPOSITORY, GITHUB_TOKEN="planner")
        job = plan(executable, env, "--chunk-size", str(max(50, items // 24)))["job-id"]
        begun = time.monotonic()
        processes = [start(executable, ["sync", "--job-id", job, "--time-limit", "900"], environment(
            sim.url, db, REPOSITORY, GITHUB_TOKEN="tok%d" % n, GITHUB_RUN_ID=str(n))) for n in range(1, WORKERS + 1)]
        statuses = [process.wait(timeout=1000) for process in processes]
        seconds = time.monotonic() - begun
        status = db.value("SELECT status FROM yardmaster.progressive_capture_jobs WHERE id = '%s'" % job)
        entries = [entry for entry in sim.journal() if entry["token"].startswith("tok")]
        use = Use(limit, windows(entries), seconds, status == "completed", statuses,
                  sum(entry["path"] != "/graphql" for entry in entries), sim.stats())
        db.drop()
        return use
    finally:
        sim.stop()


def windows(entries):
    """Points by window; one begins with the first call after the end of the one before."""
    used, ends = [], 0
    for entry in sorted(entries, key=lambda e: e["ts"]):
        if entry["path"] != "/graphql" or not entry["cost"]:
            continue
        if entry["ts"] >= ends:
            used.append(0)
            ends = entry["ts"] + HOUR
        used[-1] += entry["cost"]
    return used


def quota(options, work):
    # The points last for two fifths of the repository, so two windows are used up whole.
    pulls = min(max(options.size * 4, 1600), 12_000)
    limit = max(20, round(pulls * 7 / 4 / ITEMS_PER_POINT * 0.4))
    report("quota", measure(options.executable, options.shared, work, pulls, limit, options.seed))
    if options.size > 2000:
        # Here it is the server's time that is short: 1 s a call, of which a minute may have sixty.
        use = measure(options.executable, options.shared, work, 4000, BIG, options.seed, latency=1000)
        check("quota, slow server: complete, nothing sent too much", use.finished and not use.late and not use.violations,
              "%d while limited, %s" % (use.late, use.stats["secondary_violations"]))
        note("server time at its peak: %s" % use.stats["peak_server_time"])


def report(what, use):
    good = use.finished and set(use.statuses) == {0}
    check("%s: %d points each %d s, in %.0f s: complete" % (what, use.limit, HOUR, use.seconds), good,
          "" if good else "processes ended with %s" % use.statuses)
    note("points in each window: %s; REST requests %d" % (use.windows, use.requests))
    check("%s: of the unreserved points %s were used" % (what, ", ".join("%.0f %%" % (share * 100) for share in use.shares)),
          bool(use.shares) and min(use.shares) >= 0.97)
    check("%s: %d requests while limited, %d secondary violations" % (what, use.late, use.violations),
          not use.late and not use.violations)
    peak = use.stats["peak_server_time"]
    note("server time at its peak: GraphQL %.2f of 1, all %.2f of 1.5; in flight at most %d" % (
        peak["graphql"], peak["all"], use.stats["max_concurrency_seen"]))
