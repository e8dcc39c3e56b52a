"""Every recorded webhook payload goes through `run` twice, in live mode."""
import collections
import json
import os
import subprocess
import sys

from harness import BIG, Database, Simulator, check, environment, run


CONFIGURATION = """\
mode: live
alerts: false
rules:
  - name: everything
    on: [opened, edited, reopened, labeled, unlabeled, closed]
    when:
      any: [the, a, issue, bug, test, spelling, found]
    then:
      label: [triage]
      comment: "Thanks, {{author}}."
"""


def told(folder, files, work):
    """A data folder with the repositories and items that the payloads speak of, as far as they are told, so that effects
    have a target."""
    items, repositories = collections.defaultdict(dict), {}
    for f in files:
        p = json.load(open(os.path.join(folder, f)))
        name = (p.get("repository") or {}).get("full_name")
        if not name:
            continue
        repositories[name] = p["repository"]
        if p.get("issue"):
            items[name][p["issue"]["number"]] = ("issues", p["issue"])
        if p.get("pull_request"):
            items[name][p["pull_request"]["number"]] = ("pulls", p["pull_request"])
    data = os.path.join(work, "payload-data")
    for name in repositories:
        target = os.path.join(data, name.replace("/", "__"))
        os.makedirs(target, exist_ok=True)
        for kind in ("issues", "pulls"):
            with open(os.path.join(target, kind + ".jsonl"), "w") as out:
                for number, (k, item) in items[name].items():
                    if k == kind and item.get("title") is not None:
                        item = dict(item, state=str(item.get("state") or "open").lower())
                        item["state_reason"] = (item.get("state_reason") or "").lower() or None
                        out.write(json.dumps(item) + "\n")
    return data


def payloads(options, work):
    exe, shared = options.executable, options.shared
    folder = os.path.join(shared, "data", "webhooks")
    files = sorted(f for f in os.listdir(folder) if f.endswith(".json"))
    data = told(folder, files, work)
    configuration = os.path.join(work, "live.yml")
    with open(configuration, "w") as out:
        out.write(CONFIGURATION)
    sim = Simulator(shared, [data], ["tok:%d:%d:robot" % (BIG, BIG), "truth:%d:%d:truth" % (BIG, BIG)])
    db = Database("payloads")
    seen, problems = collections.Counter(), []
    oracle = os.path.join(shared, "oracle", "runner_commands.py")
    logs = os.path.join(work, "payload-logs")
    os.makedirs(logs, exist_ok=True)
    for n, f in enumerate(files):
        p = json.load(open(os.path.join(folder, f)))
        name = (p.get("repository") or {}).get("full_name") or "octo/none"
        env = environment(sim.url, db, name, GITHUB_EVENT_NAME=f.split(".")[0], GITHUB_EVENT_PATH=os.path.join(folder, f),
                          YARDMASTER_CONFIG=configuration, GITHUB_RUN_ID=str(1000 + n))
        first, out1, summary = run(exe, ["run"], env)
        writes = len(sim.get("/_sim/mutations")["entries"])
        second, out2, _ = run(exe, ["run"], dict(env, GITHUB_RUN_ATTEMPT="2"))
        again = len(sim.get("/_sim/mutations")["entries"])
        open(os.path.join(logs, f + ".log"), "w").write(first.stdout + first.stderr + second.stdout + second.stderr)
        pair = (out1.get("outcome"), out2.get("outcome"))
        seen[pair] += 1
        fine = first.returncode in (0, 78) and pair in (
            ("processed", "duplicate"), ("ignored", "ignored"), ("duplicate", "duplicate"))
        if not fine or not summary or again != writes:
            problems.append((f, pair, first.returncode, (first.stdout + first.stderr)[-300:]))
    check("%d payloads, each twice" % len(files), not problems, dict((str(k), v) for k, v in seen.items()))
    for problem in problems[:10]:
        print("      ", problem)
    executed = subprocess.run([sys.executable, oracle, "--allow", "error,warning,notice,group,endgroup,add-mask,debug"] +
                              [os.path.join(logs, f) for f in os.listdir(logs)], capture_output=True, text=True)
    check("no log line is a command that was not ours", executed.returncode == 0, executed.stdout[:300])
    sim.judge("payloads")
    sim.stop()
    db.drop()
