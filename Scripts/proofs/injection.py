"""Hostile titles, bodies, labels, logins and refusals of GitHub, and what of them comes out again."""
import json
import os
import random
import re
import subprocess
import sys

import harness
import persons
from boundary import Plan
from harness import check, note

TOKEN = "ghs_9sEcReTtOkEnThAtNoSinkMayShow0123456789"

CONFIGURATION = """\
mode: live
alerts: true
rules:
  - name: "every ::error::rule"
    on: [opened, edited, labeled, closed, reopened]
    then:
      label: [triage]
      comment: "{{author}}: {{title}} {{labels}} {{milestone}} {{assignees}} {{actor}}"
      sticky: { key: all, body: "{{title}} by {{author}}, {{labels}}" }
      dispatch: { workflow: w.yml, ref: main, inputs: { title: "{{title}}" } }
  - name: talk
    on: [issue_comment.created]
    then: { sticky: { key: talk, body: "{{actor}} spoke of {{title}}, {{labels}}" }, title: "{{title}} ({{number}})" }
commands:
  custom:
    - name: say
      permission: read
      arguments: [{ name: what }]
      then: { comment: "{{args.what}} said {{actor}}" }
actors: { events_per_hour: 100000, commands_per_hour: 100000 }
"""

COMMANDS = ["error", "warning", "notice", "group", "endgroup", "add-mask", "debug", "set-output name=x", "save-state name=x",
            "set-env name=PATH", "add-path", "stop-commands", "echo", "add-matcher", "ERROR file=a,line=1"]
PIECES = ["::%s::x", "\n::%s::x", "\r::%s::x", "\r\n  ::%s::x", "##[%s]x", "a ##[%s]x", "\u200b::%s::x", "\ufeff##[%s]x",
          "#\u00ad#[%s]x", ":\u200d:%s::x", "\u2028::%s::x", "\u0085::%s::x", "\x0b::%s::x", "%%0A::%s::x", "%%0D%%0A::%s::x"]
MARKUP = ["@victim", "@acme/team", "<script>alert(1)</script>", "<img src=x onerror=y>", "<!-- yardmaster:sticky=all -->", "-->",
          "[x](http://evil.example)", "![x](http://evil.example/a.png)", "<http://evil.example>", "https://evil.example/x",
          "www.evil.example", "acme/once#1", "#1", "GH-1", "`@victim`", "```\n@victim", "~~~\n<b>", "|a|\n|-|\n|@victim|", "\\@victim",
          "&#64;mona", "&lt;b&gt;", "* @victim", "    @victim", "mona@evil.example", "\u202e@victim", "\U000E0041", "$(id)", "${{ github.token }}",
          "EOF\noutcome=x", "{{title}}", "{{args.what}}", "\\", "\\`@victim", "``@victim`", "<details open><summary>@victim", "\0"]


def hostile(dice, limit=200, line=False):
    parts = []
    for _ in range(dice.randrange(1, 6)):
        part = dice.choice(PIECES) % dice.choice(COMMANDS) if dice.random() < 0.5 else dice.choice(MARKUP)
        parts.append(part)
    made = dice.choice(("", " ", "\n" if not line else "  ")).join(parts)
    made = made.replace("\0", "") if dice.random() < 0.9 else made
    return (re.sub(r"[\r\n]+", " ", made) if line else made)[:limit]


def outside_code(body):
    """What of a comment is not code and no marker of ours."""
    body = re.sub(r"\n*<!-- yardmaster:[a-z]+=[^\s>]* -->\s*$", "", body)
    body = re.sub(r"(?ms)^(`{3,}|~{3,})[^\n]*\n.*?^\1`*\s*$", "", body)
    return re.sub(r"(?s)(?<![`\\])(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", body)


#: `{{author}}` and `{{actor}}` mention their account: the configuration's author wanted that.
LIVE = [("a mention", re.compile(r"(?<![\w\\`])@(?!(mona|dave)\b)[A-Za-z0-9]")), ("HTML", re.compile(r"(?<!\\)<[A-Za-z/!?]")),
        ("an image or a link", re.compile(r"(?<!\\)\]\(")), ("a reference", re.compile(r"(?<![\w&\\])#\d|(?<!\w)GH-\d")),
        ("an address", re.compile(r"https?://evil|www\.evil"))]


def injection(options, work):
    dice = random.Random("%s/injection" % options.seed)
    data = os.path.join(work, "once-data-hostile")
    folder = os.path.join(data, persons.REPOSITORY.replace("/", "__"))
    os.makedirs(folder)
    labels = sorted({hostile(dice, 45, line=True).strip() or "x" for _ in range(20)})
    logins = ["mona", "::error::x", "##[group]x", "a@victim", "<b>x", "dave"]
    for name, rows in (("labels", [{"name": label} for label in labels]),
                       ("users", [{"login": login, "id": 100 + n, "type": "User"} for n, login in enumerate(logins)])):
        with open(os.path.join(folder, name + ".jsonl"), "w") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)
    json.dump({"mona": "admin", "dave": "read"}, open(os.path.join(folder, "collaborators.json"), "w"))
    configuration = os.path.join(work, "injection.yml")
    open(configuration, "w").write(CONFIGURATION)
    world = persons.World(options, data, configuration)
    try:
        # The token by which the executable is known here.
        world.sim.ask("POST", "/_sim/tokens", {"add": "%s:%d:%d:robot" % (TOKEN, harness.BIG, harness.BIG)})
        world.token = TOKEN
        for number in range(1, max(8, options.events // 3) + 1):
            actor = dice.choice(logins)
            steps = [persons.Step(number, 0, "issues", "opened", actor, title=hostile(dice, line=True) or "x", body=hostile(dice, 2000)),
                     persons.Step(number, 1, "issues", "labeled", actor, label=dice.choice(labels)),
                     persons.Step(number, 2, "issue_comment", "created", actor, body="%s\n\n/say %s\n/label \"%s\"\n/%s" % (
                         hostile(dice, 1000), hostile(dice, line=True), hostile(dice, 40, line=True), hostile(dice, 30, line=True)))]
            for step in steps:
                if "label" in step.more:
                    world.sim.mutate({"op": "add_label", "repo": world.repository, "number": number, "user": step.actor,
                                      "label": step.more["label"]})
                    path = world.act(persons.Step(number, step.ordinal, "issues", "edited", actor, title=hostile(dice, line=True) or "x"))
                    payload = dict(json.load(open(path)), action="labeled", label={"name": step.more["label"]})
                    json.dump(payload, open(path, "w"))
                else:
                    path = world.act(step)
                plan = Plan()
                if dice.random() < 0.4:
                    plan.refusal = hostile(dice, 500)
                world.deliver(step.name, path, plan)
                if plan.refusal:
                    world.deliver(step.name, path, Plan())
        judge(options, world)
    finally:
        world.stop()


def judge(options, world):
    files = [os.path.join(world.folder, name) for name in sorted(os.listdir(world.folder))]
    oracle = os.path.join(options.shared, "oracle", "runner_commands.py")
    ours = "error,warning,notice,group,endgroup,add-mask,debug"
    logs = [name for name in files if name.endswith(".log")]
    seen = subprocess.run([sys.executable, oracle, "--allow", ours, *logs], capture_output=True, text=True)
    check("%d logs: no command that is not of ours" % len(logs), seen.returncode == 0, seen.stdout[:600])
    # Of ours, each begins its line, and none is one that only the text asked for.
    planted = [(name, line) for name in logs for line in re.split("\r\n|\r|\n", open(name, errors="replace", newline="").read())
               if re.search(r"##\[(%s)" % "|".join(c.split()[0] for c in COMMANDS), line, re.I) or
               re.search(r"^\s*::(%s)[^:]*::x" % "|".join(c.split()[0] for c in COMMANDS), line, re.I)]
    check("%d logs: no command that a text planted" % len(logs), not planted, str(planted[:3])[:600])
    leaks = [name for name in files if not name.endswith(".json") and TOKEN in open(name, errors="replace").read()]
    dump = subprocess.run(["pg_dump", "--data-only", world.db.url], capture_output=True, text=True, errors="replace").stdout
    bodies = [entry for entry in world.sim.get("/_sim/mutations?limit=100000")["entries"] if entry["token"] == TOKEN]
    leaked = TOKEN in json.dumps([{k: v for k, v in entry.items() if k != "token"} for entry in bodies])
    check("the token is in no log, output, summary, comment and in no row of the database (%d bytes)" % len(dump),
          not leaks and TOKEN not in dump and not leaked and len(dump) > 1000, str(leaks[:3]))
    live = []
    texts = [(entry.get("body") or "") for entry in bodies if entry["mutation"] in ("rest.create_comment", "rest.edit_comment")]
    summaries = [open(name, errors="replace").read() for name in files if name.endswith(".summary") and os.path.exists(name)]
    for kind, group in (("comment", texts), ("summary", summaries)):
        for text in group:
            outside = outside_code(text)
            live += [(kind, what, found.group(), outside[max(0, found.start() - 60):found.end() + 60])
                     for what, pattern in LIVE for found in [pattern.search(outside)] if found
                     and not (kind == "summary" and what in ("HTML", "an image or a link"))]
    check("%d comments and %d summaries: no live mention, HTML, link, image or reference" % (len(texts), len(summaries)), not live)
    for one in live[:8]:
        note(str(one)[:500])
    strange = [name for name in files if name.endswith(".out") and set(harness.outputs(name)) - {
        "outcome", "event-id", "actions", "transaction-id", "job-id", "matrix", "has-work", "complete", "items", "remaining-chunks"}]
    check("outputs: no other names than ours", not strange, str(strange[:3]))
