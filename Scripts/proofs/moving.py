"""Changes while the walk runs: after a delta nothing is lost."""
import os
import threading
import time

from changes import STAMPED, Changes
from harness import BIG, Database, Simulator, capture, check, environment, generate, note, plan, run
from truth import Truth, compare

REPOSITORY = "acme/moving"


def moving(options, work):
    folder = generate(options.shared, os.path.join(work, "moving"), REPOSITORY, options.size, options.size * 3 // 4,
                      options.seed + 2)
    sim = Simulator(options.shared, [folder], ["tok:%d:%d:robot" % (BIG, BIG), "truth:%d:%d:truth" % (BIG, BIG)],
                    "--latency-ms", "60:120:0")
    try:
        db = Database("moving")
        env = environment(sim.url, db, REPOSITORY)
        script = Changes(Truth(sim, REPOSITORY), options.seed)
        ended, failure = threading.Event(), []

        def mutate():
            try:
                while not ended.is_set():
                    script.apply(sim, 1, STAMPED)
                    # Evenly through the walk, and not faster than the simulator answers beside it.
                    time.sleep(0.02)
            except Exception as error:  # Told below: a thread has nobody to tell.
                failure.append(error)

        job = plan(options.executable, env, "--chunk-size", "100")["job-id"]
        mutator = threading.Thread(target=mutate)
        mutator.start()
        try:
            done, out, _ = run(options.executable, ["sync", "--job-id", job], env)
        finally:
            ended.set()
            mutator.join()
        check("moving: complete, with %d changes of %d items on the way" % (script.done, len(script.touched)),
              out.get("complete") == "true" and not failure, str(failure or (done.stdout + done.stderr)[-600:])
              if failure or out.get("complete") != "true" else "")
        capture(options.executable, env)
        note("%d points and %d REST requests with the delta" % sim.spent())
        compare(db, Truth(sim, REPOSITORY), "moving:")
        sim.judge("moving")
        db.drop()
    finally:
        sim.stop()
