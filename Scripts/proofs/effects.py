"""What is there at the end of `once`, without what differs from run to run."""
import collections
import json
import re

from harness import check, note

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def plain(body):
    """A comment without what differs from run to run."""
    # `/explain` tells what was done, and an effect that a later attempt found done is told as shown.
    body = UUID.sub("UUID", (body or "").partition("| Done here ")[0])
    return re.sub(r"[0-9a-f]{64}", "HASH", body)


def shown(world, number):
    """An issue as GitHub shows it, without ids and times."""
    state = world.sim.get("/_sim/state/%s/issues/%d" % (world.repository, number))
    issue = state["issue"]

    def reactions(of):
        return {key: count for key, count in (of.get("reactions") or {}).items() if isinstance(count, int) and count
                and key != "total_count"}
    return {
        "title": issue["title"], "body": issue["body"], "state": issue["state"], "reason": issue["state_reason"],
        "labels": sorted(label["name"] for label in issue["labels"]), "locked": state["locked"],
        "lock_reason": state["lock_reason"], "assignees": sorted(a["login"] for a in issue["assignees"]),
        "milestone": (issue["milestone"] or {}).get("title"), "reactions": reactions(issue),
        "comments": [(c["user"]["login"], plain(c["body"]), reactions(c)) for c in state["comments"]],
        # What GitHub notes of each effect that was one: an effect that is sent again leaves nothing.
        "timeline": sorted(about(event) for event in state["timeline"] if (event.get("actor") or {}).get("login") == "robot"
                           and event["event"] not in ("mentioned", "subscribed", "commented"))}


def about(event):
    parts = [event["event"], (event.get("label") or {}).get("name"), (event.get("assignee") or {}).get("login"),
             (event.get("milestone") or {}).get("title"), (event.get("rename") or {}).get("to"), event.get("state_reason"),
             event.get("lock_reason")]
    return " ".join(str(part) for part in parts if part)


#: What would have an effect each time it is sent. The others set a state: where GitHub shows it already they do nothing,
#: though the simulator notes them, and what they did stands in the timeline.
MAKERS = {"rest." + kind for kind in ("create_issue", "create_comment", "delete_comment", "workflow_dispatch",
                                      "repository_dispatch", "create_label")}


def mutations(world):
    """How often each write took effect that would have one each time."""
    found = collections.Counter()
    for entry in world.sim.get("/_sim/mutations?limit=100000")["entries"]:
        if entry["token"] == "tok" and entry["mutation"] in MAKERS:
            fields = {k: v for k, v in entry.items() if k not in ("n", "ts", "token", "comment_id")}
            if "<!-- yardmaster:sticky=" in fields.get("body", ""):
                # Which text it was made with depends on the order in which processes came to their writes.
                fields["body"] = fields["body"][fields["body"].rindex("<!--"):]
            found[plain(json.dumps(fields, sort_keys=True))] += 1
    return found


def marked(world):
    """Comments that were posted more than once for one action."""
    seen = collections.Counter()
    for entry in world.sim.get("/_sim/mutations?limit=100000")["entries"]:
        if entry["mutation"] == "rest.create_comment" and entry["token"] == "tok":
            seen.update(re.findall("<!-- yardmaster:action=[^>]*-->", entry["body"]))
    return [marker for marker, count in seen.items() if count > 1]


def compare(what, reference, world, numbers, outcomes, expected, ordered=True):
    """Checks the world against the undisturbed one; gives how many things differ."""
    doubtful = {row["number"] for row in world.db.rows(
        "SELECT number FROM yardmaster.actions WHERE status = 'uncertain' AND kind = 'dispatch'")}
    wrong = []
    for number in numbers:
        want, got = shown(reference, number), shown(world, number)
        if number in doubtful:
            want, got = without_answers(want), without_answers(got)
        for key in want:
            if key == "comments" and not ordered:
                want[key], got[key] = sorted(want[key], key=str), sorted(got[key], key=str)
            if want[key] != got[key] and (ordered or key != "timeline"):
                wrong.append((number, key, want[key], got[key]))
    check("%s: %d issues are as the undisturbed run left them" % (what, len(numbers)), not wrong)
    for number, key, want, got in wrong[:12]:
        if key in ("comments", "timeline"):
            want, got = ([c for n, c in enumerate(one) if n >= len(other) or c != other[n]] for one, other in ((want, got), (got, want)))
        note("#%d %s: %s" % (number, key, ("wanted %s, found %s" % (want, got))[:900]))
    want, got = mutations(reference), mutations(world)
    for key in [key for key in got if "Not everything could be done" in key and json.loads(key)["number"] in doubtful]:
        del got[key]
    doubles = {key: (want[key], count) for key, count in got.items() if count > want[key]}
    missing = {key: (count, got[key]) for key, count in want.items() if count > got[key]
               and not ("Not everything could be done" in key and json.loads(key)["number"] in doubtful)}
    dispatched = [key for key in missing if "dispatch" in key]
    check("%s: %d writes, each once" % (what, sum(got.values())), not doubles)
    for key, (ours, theirs) in list(doubles.items())[:12]:
        note("wanted %d, found %d: %s" % (ours, theirs, key[:500]))
    check("%s: none is missing but %d dispatches of which nobody knows, each reported" % (what, len(dispatched)),
          len(missing) == len(dispatched) and all(int(json.loads(key)["inputs"]["issue"]) in doubtful for key in dispatched),
          "" if len(missing) == len(dispatched) else "; ".join("%s of %s" % (k[:300], v) for k, v in list(missing.items())[:6]))
    different = {key: (expected.get(key), outcomes.get(key)) for key in set(expected) | set(outcomes)
                 if (expected.get(key) or [None])[0] != (outcomes.get(key) or [None])[0] and key[0] not in doubtful}
    check("%s: %d events ended as in the undisturbed run" % (what, len(outcomes)), not different, str(list(different.items())[:3])
          if different else "")
    twice = marked(world)
    check("%s: no comment was posted twice" % what, not twice, str(twice))
    open_ends = world.db.value("SELECT count(*) FROM yardmaster.actions WHERE status = 'intended'")
    check("%s: no action is left open" % what, open_ends == 0, "%s are" % open_ends if open_ends else "")
    check("%s: no process ended in another way than by the kill, or with 0, 1 or 75" % what, not world.bad, str(world.bad[:2]))
    return wrong or doubles or missing


def without_answers(state):
    """Where a dispatch is in doubt, the command's author is told so instead of that all went well."""
    return dict(state, reactions={}, comments=[
        (who, body, {}) for who, body, _ in state["comments"] if not body.startswith("Not everything could be done")])
