"""What the simulator holds, in the shape of the tables, and how the captured rows differ from it."""
import collections
import json

from harness import check

KEYS = {"pull_requests": ("number",), "issues": ("number",), "reviews": ("github_id",), "review_comments": ("github_id",),
        "issue_comments": ("github_id",), "pull_request_files": ("pull_number", "path")}
CHANGE = {"removed": "deleted", "unchanged": "changed"}

CLOSES = """query Closes($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequests(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { number closingIssuesReferences(first: 50) { nodes { number repository { nameWithOwner } } } }
} } }"""


def login(user):
    return None if not user or user.get("login") == "ghost" else user["login"]


def text(value):
    """U+0000 cannot be stored; a null body is an empty one."""
    return (value or "").replace("\0", "\ufffd")


class Truth:
    """One repository as the simulator holds it now: `tables` by name and key, `contributors`, `links`."""

    def __init__(self, sim, repository):
        self.repository = repository
        state = sim.get("/_sim/state/%s" % repository)
        self.numbers, self.gone = state["numbers"], {int(n): why for n, why in state["gone"].items()}
        self.tables = collections.defaultdict(dict)
        self.contributors = {}
        self.labels = state["labels"]
        for number in self.numbers:
            item = sim.get("/_sim/state/%s/issues/%d" % (repository, number))
            self.pull_request(number, item) if item["kind"] == "pull" else self.issue(number, item["issue"])
            for c in item["comments"]:
                self.tables["issue_comments"][(c["id"],)] = {
                    "issue_number": number, "author_login": self.author(c["user"]), "body": text(c["body"]),
                    "created_at": c["created_at"], "updated_at": c["updated_at"]}
        self.links = self.closes(sim)

    def author(self, user):
        name = login(user)
        if name:
            self.contributors[name] = {"github_id": user["id"], "account_type": user["type"]}
        return name

    def issue(self, number, i):
        # GitHub's GraphQL says COMPLETED for issues that were closed before there were reasons.
        reason = i["state_reason"] or ("completed" if i["state"] == "closed" else None)
        self.tables["issues"][(number,)] = {
            "github_id": i["id"], "title": text(i["title"]), "body": text(i["body"]), "state": i["state"],
            "state_reason": reason, "author_login": self.author(i["user"]), "created_at": i["created_at"],
            "updated_at": i["updated_at"], "closed_at": i["closed_at"], "labels": sorted(x["name"] for x in i["labels"])}

    def pull_request(self, number, item):
        p = item["pull"]
        self.tables["pull_requests"][(number,)] = {
            "github_id": p["id"], "title": text(p["title"]), "body": text(p["body"]),
            "state": "merged" if p.get("merged_at") else p["state"], "is_draft": bool(p.get("draft")),
            "author_login": self.author(p["user"]), "created_at": p["created_at"], "updated_at": p["updated_at"],
            "closed_at": p["closed_at"], "merged_at": p["merged_at"], "additions": p["additions"],
            "deletions": p["deletions"], "changed_files": p["changed_files"], "base_ref": p["base"]["ref"],
            "head_ref": p["head"]["ref"], "head_sha": p["head"]["sha"], "labels": sorted(x["name"] for x in p["labels"])}
        for r in item["reviews"]:
            self.tables["reviews"][(r["id"],)] = {
                "pull_number": number, "author_login": self.author(r["user"]), "state": r["state"],
                "body": text(r["body"]), "submitted_at": r.get("submitted_at")}
        for f in item["files"]:
            self.tables["pull_request_files"][(number, f["filename"])] = {
                "additions": f["additions"], "deletions": f["deletions"],
                "change_type": CHANGE.get(f["status"], f["status"])}
        for c in item["review_comments"]:
            self.tables["review_comments"][(c["id"],)] = {
                "pull_number": number, "review_id": c.get("pull_request_review_id"), "author_login": self.author(c["user"]),
                "path": c["path"], "body": text(c["body"]), "created_at": c["created_at"], "updated_at": c["updated_at"]}

    def closes(self, sim):
        """(pull request, repository, issue) for each issue that a pull request closes."""
        owner, name = self.repository.split("/")
        links, after = set(), None
        while True:
            page = sim.graphql(CLOSES, owner=owner, name=name, after=after)["repository"]["pullRequests"]
            for pull in page["nodes"]:
                for issue in pull["closingIssuesReferences"]["nodes"]:
                    links.add((pull["number"], issue["repository"]["nameWithOwner"], issue["number"]))
            if not page["pageInfo"]["hasNextPage"]:
                return links
            after = page["pageInfo"]["endCursor"]

    @property
    def rows(self):
        return sum(len(table) for table in self.tables.values())


def captured(db, repository, table):
    owner, name = repository.split("/")
    return db.rows("SELECT t.* FROM yardmaster.%s t JOIN yardmaster.repositories r ON r.id = t.repository_id WHERE "
                   "r.owner = '%s' AND r.name = '%s' AND t.deleted_at IS NULL" % (table, owner, name))


def differences(row, expected):
    for field, value in expected.items():
        have = row[field]
        if field.endswith("_at") and have:
            have = have.replace("+00:00", "Z")
        if field == "labels":
            have = sorted(have)
        if have != value:
            yield field, value, have


def compare(db, truth, label, without=()):
    """Checks every row and field. `without`: numbers of items that are known not to be there."""
    repository = truth.repository
    good = True
    for table, key in KEYS.items():
        found = captured(db, repository, table)
        got = {tuple(row[column] for column in key): row for row in found}
        wrong, missing, compared = [], [], 0
        number = {"pull_requests": "number", "issues": "number", "issue_comments": "issue_number"}.get(table, "pull_number")
        for identity, expected in truth.tables[table].items():
            row = got.pop(identity, None)
            # The number is in the key or in the row.
            if dict(expected, **dict(zip(key, identity)))[number] in without:
                continue
            compared += 1
            if row is None:
                missing.append(identity)
            else:
                wrong += [(identity, *difference) for difference in differences(row, expected)]
        extra = [identity for identity, row in got.items() if row[number] not in without]
        bad = wrong or missing or extra or len(found) != len({tuple(row[column] for column in key) for row in found})
        good &= check("%s %s: %d rows equal" % (label, table, compared), not bad, "" if not bad else
                      "%d fields differ, %d rows missing, %d too many; %s" % (
                          len(wrong), len(missing), len(extra), str((wrong[:3], missing[:5], extra[:5]))[:700]))
    # Who wrote nothing but what is not there is not there either.
    good &= bool(without) or compare_people(db, truth, label)
    return compare_links(db, truth, label, without) and good


def compare_people(db, truth, label):
    """Everyone who wrote something is there. Who was renamed or deleted stays."""
    rows = {row["login"]: row for row in db.rows("SELECT login, github_id, account_type FROM yardmaster.contributors")}
    wrong = [(name, expected, rows.get(name)) for name, expected in truth.contributors.items()
             if name not in rows or list(differences(rows[name], expected))]
    return check("%s contributors: %d equal" % (label, len(truth.contributors)), not wrong,
                 "%d of them: %s" % (len(wrong), str(wrong[:3])[:500]) if wrong else "")


def compare_links(db, truth, label, without=()):
    owner, name = truth.repository.split("/")
    rows = db.rows("SELECT l.from_number, l.to_repository, l.to_number FROM yardmaster.links l JOIN yardmaster.repositories r "
                   "ON r.id = l.repository_id WHERE r.owner = '%s' AND r.name = '%s' AND l.kind = 'closes' "
                   "AND l.to_number IS NOT NULL" % (owner, name))
    got = {(row["from_number"], row["to_repository"], row["to_number"]) for row in rows}
    got, want = ({link for link in links if link[0] not in without} for links in (got, truth.links))
    return check("%s links: %d equal" % (label, len(want)), got == want, "" if got == want else
                 "missing %s, too many %s" % (sorted(want - got)[:5], sorted(got - want)[:5]))


def content(db):
    """Every captured row without what differs between databases: ids of our own and times of capture."""
    out = {}
    for table in KEYS:
        rows = db.rows("SELECT to_jsonb(t) - 'repository_id' - 'observed_at' - 'links_read_at' - 'labels_read_at' AS r "
                       "FROM yardmaster.%s t" % table)
        out[table] = sorted(json.dumps(r["r"], sort_keys=True) for r in rows)
    return out


def digest(db, *, everything=False):
    """A fingerprint of each table, which any write changes: of the captured ones, or of all but the budgets."""
    tables = [row["name"] for row in db.rows(
        "SELECT relname AS name FROM pg_class WHERE relnamespace = 'yardmaster'::regnamespace AND relkind = 'r' "
        "AND relname !~ '^budget' ORDER BY 1")] if everything else list(KEYS)
    sql = " UNION ALL ".join(
        "SELECT '%s' AS name, count(*) AS n, md5(string_agg(to_jsonb(x)::text, '|' ORDER BY to_jsonb(x)::text)) AS h "
        "FROM (SELECT t.*, t.xmin FROM yardmaster.%s t) x" % (t, t) for t in tables)
    return db.rows(sql)
