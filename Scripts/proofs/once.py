"""Exactly once: generated events, each delivered ten times by processes that are killed at their writes, against an
undisturbed delivery of the same events to a simulator and a database of their own."""
import collections
import concurrent.futures
import json
import os
import random
import threading
import time

import payloads
from between import between
from boundary import Plan
from effects import compare, marked, mutations, shown
from harness import check, note
from persons import (ACTORS, BURST_COMMANDS, CONFIGURATION, LABELS, PAUSE, PERMISSIONS, REPOSITORY, SERIAL_COMMANDS, SLOTS, Step,
                     World, script)

DELIVERIES = 10
#: Of generated events that one pair of simulator and database sees: GitHub's limit of created content is 500 an hour.
WORLD = 60


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
        issues = script(dice, count, BURST_COMMANDS if burst else SERIAL_COMMANDS, acts=not burst)
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
        threads[repository, number].append((n, name, Step(n, 0, name.split(".")[0], payload.get("action"), "")))
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
            with open(os.path.join(options.keep, what.replace(" ", "-") + ".json"), "w") as out:
                json.dump([[str(step) for step in steps] for steps in issues], out, indent=1)
            while not os.path.exists(os.path.join(options.keep, "go")):
                time.sleep(1)
            os.unlink(os.path.join(options.keep, "go"))
    finally:
        reference.stop()
        world.stop()
