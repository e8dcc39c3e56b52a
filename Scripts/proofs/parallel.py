"""Eight processes on one job: faults, kills, items that GitHub never answers for, and a process that comes back too late."""
import os
import random
import signal
import time

from harness import BIG, Database, Simulator, capture, check, environment, generate, note, plan, run, start
from generated import sweep_until_audited
from recorder import BAD_GATEWAY, TOO_MUCH, Recorder
from truth import Truth, compare, digest

WORKERS = 8
#: Seconds that a lease lasts, and then some.
LEASE = 7
#: Seconds of a simulated hour: as long as a process waits that was told that its quota is used up.
HOUR = 8
REPOSITORY = "acme/parallel"


def fault_plan(rate, seed, revoked):
    """Every kind that ghsim knows: once for certain, early on, and each at the rate. Where one costs a wait it comes a few
    times at most."""
    kinds = [
        ("http_500", {}), ("http_503", {"retry_after": 1}), ("http_504", {}), ("http_502_html", {}),
        ("http_504_graphql_timeout", {"max_nodes": 3000}), ("graphql_something_went_wrong", {}),
        ("graphql_something_went_wrong", {"status": 502}), ("graphql_partial", {}), ("graphql_resource_limits", {}),
        ("reset_before_headers", {}), ("reset_mid_body", {}), ("truncated_json", {}),
        ("slow_body", {"bytes_per_second": 400_000}), ("hang", {"seconds": 1}), ("hang", {"seconds": 1, "then": "close"}),
        ("wrong_etag", {}), ("wrong_etag", {"mode": "stale_304"}), ("clock_skew", {"seconds": 300}),
        ("clock_skew", {"seconds": -300}), ("duplicate_node_across_pages", {}),
        ("duplicate_node_across_pages", {"mode": "repeat"}), ("graphql_rate_limited", {}), ("primary_exhausted", {}),
        ("secondary_limit", {"retry_after": 2}), ("secondary_limit", {"retry_after": 2, "status": 429}),
    ]
    rules = []
    for place, (kind, parameters) in enumerate(kinds):
        path = "^/graphql" if "graphql" in kind else "^/repos" if kind == "wrong_etag" else "^/(graphql|repos)"
        rule = {"kind": kind, "params": parameters, "match": {"path_regex": path}}
        rules.append({**rule, "name": "%s.%d" % (kind, place), "ordinals": [3 + 2 * place if path != "^/repos" else place - 10]})
        rules.append({**rule, "name": "%s.%d.more" % (kind, place), "rate": rate, "max": 2 if kind in (
            "graphql_rate_limited", "primary_exhausted", "secondary_limit", "hang") else 1000})
    if revoked:
        rules.append({"kind": "token_revoked_at", "match": {"token": revoked}, "params": {"ordinal": 8}})
    return {"seed": seed, "rules": rules}


def token_of(options, n):
    """Each process has a token of its own, as jobs of Actions have, or all have one."""
    return "ghs_tok%d" % (1 if options.one_token else n)


def parallel(options, work):
    folder = generate(options.shared, os.path.join(work, "parallel"), REPOSITORY, options.size, options.size * 3 // 4,
                      options.seed + 1)
    tokens = ["%s:%d:%d:robot" % (name, BIG, BIG) for name in ("ghs_planner", *("ghs_tok%d" % n for n in range(1, WORKERS + 1)))]
    sim = Simulator(options.shared, [folder], [*tokens, "truth:%d:%d:truth" % (BIG, BIG)], "--hour", HOUR,
                    "--latency-ms", "%d:%d:0" % (options.latency // 2, options.latency),
                    # What is under way when a refusal is given takes as long as any request, and this machine is busy.
                    "--grace-ms", options.latency + 200)
    try:
        kills_without_faults(options, sim)
        everything(options, sim)
        stopped(options, sim)
    finally:
        sim.stop()


class Crew:
    """`sync` processes on one job, with tokens of one owner; who ends before the job does is started again."""

    def __init__(self, options, url, db, job):
        self.options, self.url, self.db, self.job = options, url, db, job
        self.running, self.not_before, self.statuses = {}, {}, {}

    def tend(self):
        for n in range(1, WORKERS + 1):
            process = self.running.get(n)
            if process is not None and process.poll() is not None:
                self.statuses.setdefault(process.returncode, set()).add(n)
                self.running[n] = None
                # One that found nothing to do would find nothing right away either.
                self.not_before[n] = time.monotonic() + (0 if process.returncode == -signal.SIGKILL else 0.3)
            if self.running.get(n) is None and time.monotonic() >= self.not_before.get(n, 0):
                env = environment(self.url, self.db, REPOSITORY, GITHUB_TOKEN=token_of(self.options, n), GITHUB_RUN_ID=str(n))
                self.running[n] = start(self.options.executable, ["sync", "--job-id", self.job, "--time-limit", "300"], env)

    def kill(self, dice):
        alive = [process for process in self.running.values() if process is not None and process.poll() is None]
        if not alive:
            return False
        dice.choice(alive).send_signal(signal.SIGKILL)
        return True

    def complete(self):
        return self.db.value("SELECT status FROM yardmaster.progressive_capture_jobs WHERE id = '%s'" % self.job) == "completed"

    def end(self):
        for process in self.running.values():
            if process is not None:
                try:
                    process.wait(timeout=60)
                except Exception:
                    process.kill()


class Outcome:
    """Of as many captures as it took to kill that often: the last one's database and job, and what was counted."""

    def __init__(self, options, sim, recorder, count, dice, limit=900):
        self.killed = self.cycles = self.again = 0
        self.statuses = {}
        ends = time.monotonic() + limit
        while True:
            self.db = Database("parallel")
            # With a token that nothing happens to, past the recorder.
            env = environment(sim.url, self.db, REPOSITORY, GITHUB_TOKEN="ghs_planner")
            self.job = plan(options.executable, env, "--chunk-size", "50")["job-id"]
            self.cycles += 1
            crew, next_kill = Crew(options, recorder.url, self.db, self.job), time.monotonic() + 0.2
            while not crew.complete() and time.monotonic() < ends:
                crew.tend()
                if self.killed < count and time.monotonic() >= next_kill:
                    self.killed += crew.kill(dice)
                    next_kill = time.monotonic() + dice.expovariate(4)
                time.sleep(0.02)
            self.done = crew.complete()
            crew.end()
            for status, who in crew.statuses.items():
                self.statuses.setdefault(status, set()).update(who)
            self.again += recorder.asked_again()
            if self.killed >= count or not self.done:
                return
            self.db.drop()
            recorder.exchanges = []


def kills_without_faults(options, sim):
    """Without faults every page that is asked for twice was lost by a kill."""
    recorder = Recorder(sim.port)
    sim.reset()
    try:
        outcome = Outcome(options, sim, recorder, options.kills, random.Random(options.seed))
        db = outcome.db
        check("%d processes, %d kills in %d captures: complete" % (WORKERS, outcome.killed, outcome.cycles), outcome.done)
        check("pages that were fetched again: %d, two for each kill at most" % outcome.again, outcome.again <= 2 * outcome.killed)
        truth = Truth(sim, REPOSITORY)
        compare(db, truth, "parallel, kills:")
        items = db.value("SELECT sum(items_done) FROM yardmaster.capture_chunks WHERE job_id = '%s'" % outcome.job)
        check("each item was committed once: %d of %d" % (items, len(truth.numbers)), items == len(truth.numbers))
        check("nothing is a dead letter", db.value("SELECT count(*) FROM yardmaster.dead_letters") == 0)
        bad = set(outcome.statuses) - {0, -signal.SIGKILL}
        check("no process failed", not bad, str(outcome.statuses) if bad else "")
        sim.judge("parallel, kills")
        db.drop()
    finally:
        recorder.stop()


def everything(options, sim):
    """Faults of every kind besides, and two items that GitHub answers nothing good for."""
    dice = random.Random(options.seed + 1)
    truth = Truth(sim, REPOSITORY)
    commented = {row["issue_number"] for row in truth.tables["issue_comments"].values()}
    pulls = sorted(key[0] for key in truth.tables["pull_requests"] if key[0] > 120 and key[0] in commented)
    number, other = dice.sample(pulls, 2)
    # An item that cannot be read at all, and one whose lists cannot: a query that names its node fails.
    node = sim.graphql('query N($o: String!, $n: String!, $x: Int!) { repository(owner: $o, name: $n) { '
                       'pullRequest(number: $x) { id } } }', o="acme", n="parallel", x=other)["repository"]["pullRequest"]["id"]
    recorder = Recorder(sim.port)
    sim.reset(faults="none")
    try:
        recorder.poison = {number: BAD_GATEWAY, node: TOO_MUCH}
        # One of the tokens is revoked for good; the others go on.
        revoked = None if options.one_token else token_of(options, WORKERS)
        sim.faults(fault_plan(options.fault_rate, options.seed, revoked))
        outcome = Outcome(options, sim, recorder, options.kills, dice)
        db, stats = outcome.db, sim.stats()
        fired = [fault for fault in stats["faults"] if fault["fired"]]
        check("%d processes, %d kills, %d faults of %d kinds in %d requests: complete" % (
            WORKERS, outcome.killed, sum(fault["fired"] for fault in fired), len({fault["kind"] for fault in fired}),
            stats["requests"]), outcome.done)
        late = stats["requests_while_limited"]
        # Whoever is killed with GitHub's refusal in hand tells nobody: then each of the others may send one more.
        limits = sum(fault["fired"] for fault in fired if fault["kind"] in ("secondary_limit", "primary_exhausted"))
        check("%d requests were sent while limited, %d of them in a penalty: %d refusals met by %d processes that are killed" % (
            late, stats["requests_while_secondary_limited"], limits, WORKERS), late <= limits * (WORKERS - 1))
        check("the simulator knows all that was asked for", not stats["schema_violations"] and not stats["unknown_paths"],
              str(stats["schema_violations"] or stats["unknown_paths"] or ""))
        bad = [status for status, who in outcome.statuses.items() if status not in (0, 75, -signal.SIGKILL) and who != {WORKERS}]
        check("no process failed but the one whose token was revoked", not bad, str(outcome.statuses) if bad else "")
        letters = db.rows("SELECT kind, reference, error FROM yardmaster.dead_letters")
        buried = {int(letter["reference"].partition("#")[2].split()[0].rstrip(":")) for letter in letters}
        check("the two planted items are dead letters, and nothing else is", buried == {number, other},
              "%d and %d were planted: %s" % (number, other, [(letter["kind"], letter["reference"]) for letter in letters][:8])
              if buried != {number, other} else "")
        # Items that were touched while they were read belong to the delta.
        sim.faults({"rules": []})
        recorder.poison = {}
        time.sleep(HOUR)
        truth = Truth(sim, REPOSITORY)
        env = environment(sim.url, db, REPOSITORY, GITHUB_TOKEN="ghs_planner")
        capture(options.executable, env)
        compare(db, truth, "parallel, all but what is planted:", without={number, other})
        now = db.value("SELECT clock_timestamp()")
        spent, sweeps = sweep_until_audited(options, sim, db, env, REPOSITORY, now, limit=3)
        if sweeps:
            check("a sweep later reads what was planted", db.value("SELECT count(*) FROM yardmaster.dead_letters") == 0)
            compare(db, truth, "parallel, swept:")
        db.drop()
    finally:
        recorder.stop()


def stopped(options, sim):
    """SIGSTOP for longer than the lease, somebody else finishes, SIGCONT: the late one writes nothing."""
    dice = random.Random(options.seed + 2)
    sim.reset(faults="none")
    for attempt in range(2 if options.kills < 100 else 10):
        db = Database("stopped")
        environments = [environment(sim.url, db, REPOSITORY, GITHUB_TOKEN=token_of(options, n), GITHUB_RUN_ID=str(n)) for n in (1, 2)]
        job = plan(options.executable, environments[0])["job-id"]
        late = start(options.executable, ["sync", "--job-id", job], environments[0])
        pages = dice.randrange(1, 6)
        while late.poll() is None and db.value(
                "SELECT count(*) FROM yardmaster.numbers") < 20 * pages if has(db, "numbers") else time.sleep(0.2 * pages):
            time.sleep(0.01)
        late.send_signal(signal.SIGSTOP)
        time.sleep(LEASE)
        done, out, _ = run(options.executable, ["sync", "--job-id", job], environments[1])
        before = digest(db, everything=True)
        running = late.poll() is None
        late.send_signal(signal.SIGCONT)
        late.wait(timeout=60)
        changed = [now["name"] for now, then in zip(digest(db, everything=True), before) if now != then]
        check("stopped after %d pages, overtaken, and continued: it writes nothing and ends with %d" % (pages, late.returncode),
              running and out.get("complete") == "true" and not changed and late.returncode == 0,
              "" if not changed else "it wrote to %s" % changed)
        if attempt == 0:
            compare(db, Truth(sim, REPOSITORY), "parallel, stopped:")
        db.drop()


def has(db, table):
    return db.value("SELECT to_regclass('yardmaster.%s') IS NOT NULL" % table)
