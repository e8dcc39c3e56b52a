"""Scripted changes of a simulated repository, chosen by a seed: what people do to issues and pull requests."""
import random

#: What moves a timestamp that a delta can ask for, with how often it is chosen.
STAMPED = {"edit": 14, "close": 5, "reopen": 4, "merge": 4, "comment": 14, "edit_comment": 10, "review": 14,
           "edit_review": 6, "dismiss_review": 4, "review_comment": 8, "edit_review_comment": 8, "add_label": 8,
           "remove_label": 5, "push": 10, "new_issue": 4, "new_pull": 5, "quiet_comment_edit": 3,
          "quiet_review_comment_edit": 3}
#: What no timestamp reveals: only reading everything again does.
SILENT = {"delete_comment": 10, "delete_review_comment": 8, "rename_label": 3, "transfer": 5, "delete_issue": 4,
          "delete_pull": 3, "rename_user": 3, "delete_user": 3, "quiet_review": 5, "rename_branch": 4}
TEXTS = ["plain", "línea\r\nwith CRLF\r\n", "🚀🎉 astral 𝒳", "שלום \u202eevil\u202c", "zero\u200bwidth\ufeff", "nul\u0000inside",
         "::error::no command\n##[error]none", "'; DROP TABLE pulls; --", "\\u0000 \\ \"q\"", "", None]


class Changes:
    """Makes operations for /_sim/mutate from a truth, and keeps to what is still there."""

    def __init__(self, truth, seed):
        self.dice = random.Random(seed)
        self.repository = truth.repository
        tables = truth.tables
        self.pulls, self.issues = ({key[0]: dict(row) for key, row in tables[t].items()} for t in ("pull_requests", "issues"))
        self.comments = {key[0]: row["issue_number"] for key, row in tables["issue_comments"].items()}
        self.reviews = {key[0]: row["pull_number"] for key, row in tables["reviews"].items()}
        self.review_comments = {key[0]: row["pull_number"] for key, row in tables["review_comments"].items()}
        self.files = {}
        for (number, path), row in tables["pull_request_files"].items():
            self.files.setdefault(number, []).append({"filename": path, "additions": row["additions"],
                                                      "deletions": row["deletions"], "status": "modified"})
        self.labels = list(truth.labels)
        self.people = sorted(name for name, who in truth.contributors.items() if who["account_type"] == "User")
        #: Numbers of the items that were changed.
        self.touched = set()
        self.done = 0

    def apply(self, sim, count, kinds):
        """Makes and sends that many changes, one after the other."""
        names, weights = list(kinds), list(kinds.values())
        sent = 0
        while sent < count:
            operation = getattr(self, self.dice.choices(names, weights)[0])()
            if operation is not None:
                sim.mutate({"repo": self.repository, **operation})
                sent += 1
                self.done += 1

    # What to choose from.

    def words(self):
        text = self.dice.choice(TEXTS)
        return "change %d: %s" % (self.done, text) if self.dice.random() < 0.9 else text

    def person(self):
        return self.dice.choice(self.people)

    def pick(self, among):
        number = self.dice.choice(sorted(among))
        self.touched.add(number)
        return number

    def item(self):
        return self.pick([*self.pulls, *self.issues])

    def child(self, of):
        if not of:
            return None
        identifier = self.dice.choice(sorted(of))
        self.touched.add(of[identifier])
        return identifier

    def forget(self, number):
        for table in (self.pulls, self.issues):
            table.pop(number, None)
        for children in (self.comments, self.reviews, self.review_comments):
            for identifier in [k for k, v in children.items() if v == number]:
                del children[identifier]

    # What moves a timestamp.

    def edit(self):
        number = self.item()
        operation = {"op": "edit_pr" if number in self.pulls else "edit_issue", "number": number, "user": self.person()}
        if self.dice.random() < 0.5:
            operation["title"] = ("%s %d" % (self.dice.choice(TEXTS) or "title", number)).replace("\r\n", " ")
        else:
            closes = " Fixes #%d" % self.dice.choice(sorted(self.issues)) if self.issues and number in self.pulls else ""
            operation["body"] = (self.words() or "") + closes
        return operation

    def close(self):
        number = self.item()
        reason = {"state_reason": self.dice.choice(["completed", "not_planned"])} if number in self.issues else {}
        return {"op": "close", "number": number, "user": self.person(), **reason}

    def reopen(self):
        candidates = [*self.issues, *(n for n, row in self.pulls.items() if row["state"] == "closed")]
        return {"op": "reopen", "number": self.pick(candidates), "user": self.person()}

    def merge(self):
        still_open = [n for n, row in self.pulls.items() if row["state"] == "open"]
        if not still_open:
            return None
        number = self.pick(still_open)
        self.pulls[number]["state"] = "merged"
        return {"op": "merge_pr", "number": number, "user": self.person()}

    def comment(self):
        return {"op": "add_comment", "number": self.item(), "user": self.person(), "body": self.words() or "x"}

    def edit_comment(self, **more):
        identifier = self.child(self.comments)
        return identifier and {"op": "edit_comment", "id": identifier, "body": self.words() or "edited", **more}

    def quiet_comment_edit(self):
        return self.edit_comment(touch=False)

    def review(self, **more):
        number = self.pick(self.pulls)
        comments = [{"body": self.words() or "x", "path": "Sources/New.swift", "position": 1, "line": 1}
                    for _ in range(self.dice.choice([0, 0, 1, 3]))]
        return {"op": "add_review", "number": number, "user": self.person(), "body": self.words() or "",
                "state": self.dice.choice(["APPROVED", "COMMENTED", "CHANGES_REQUESTED"]), "comments": comments, **more}

    def edit_review(self):
        identifier = self.child(self.reviews)
        return identifier and {"op": "edit_review", "id": identifier, "body": self.words() or "edited"}

    def dismiss_review(self):
        identifier = self.child(self.reviews)
        return identifier and {"op": "dismiss_review", "id": identifier}

    def review_comment(self):
        return {"op": "add_review_comment", "number": self.pick(self.pulls), "user": self.person(),
                "body": self.words() or "x", "path": "Sources/New.swift", "position": 2, "line": 2}

    def edit_review_comment(self, **more):
        identifier = self.child(self.review_comments)
        return identifier and {"op": "edit_review_comment", "id": identifier, "body": self.words() or "edited", **more}

    def quiet_review_comment_edit(self):
        return self.edit_review_comment(touch=False)

    def add_label(self):
        return {"op": "add_label", "number": self.item(), "label": self.dice.choice(self.labels), "user": self.person()}

    def remove_label(self):
        labelled = [n for table in (self.pulls, self.issues) for n, row in table.items() if row["labels"]]
        if not labelled:
            return None
        number = self.pick(labelled)
        labels = (self.pulls.get(number) or self.issues[number])["labels"]
        return {"op": "remove_label", "number": number, "label": labels.pop(), "user": self.person()}

    def push(self, **more):
        """A push that drops half of the files and adds one."""
        number = self.pick(self.pulls)
        files = self.files.get(number, [])
        files = files[:len(files) // 2] + [{"filename": "pushed/%d.swift" % self.done, "additions": 3, "deletions": 1,
                                            "status": "added"}]
        self.files[number] = files
        return {"op": "push_pr", "number": number, "files": files, **more}

    def new_issue(self):
        return {"op": "add_issue", "title": "Opened %d" % self.done, "body": self.words(), "user": self.person(),
                "labels": [self.dice.choice(self.labels)]}

    def new_pull(self):
        return {"op": "add_pr", "title": "Opened %d" % self.done, "body": self.words(), "user": self.person(),
                "files": [{"filename": "a/%d.swift" % self.done, "additions": 2, "deletions": 0, "status": "added"}]}

    # What no timestamp reveals.

    def delete_comment(self):
        identifier = self.child(self.comments)
        return identifier and self.comments.pop(identifier) and {"op": "delete_comment", "id": identifier}

    def delete_review_comment(self):
        identifier = self.child(self.review_comments)
        return identifier and self.review_comments.pop(identifier) and {"op": "delete_review_comment", "id": identifier}

    def rename_label(self):
        name = self.labels.pop(self.dice.randrange(len(self.labels)))
        for table in (self.pulls, self.issues):
            for row in table.values():
                row["labels"] = [label for label in row["labels"] if label != name]
        self.labels.append("%s-%d" % (name[:40], self.done))
        return {"op": "rename_label", "label": name, "to": self.labels[-1]}

    def transfer(self):
        number = self.pick(self.issues)
        self.forget(number)
        return {"op": "transfer_issue", "number": number, "to": "elsewhere/place#7"}

    def delete_issue(self):
        number = self.pick(self.issues)
        self.forget(number)
        return {"op": "delete_issue", "number": number}

    def delete_pull(self):
        # The simulator goes on listing the review comments of a deleted pull request, which GitHub does not.
        commented = set(self.review_comments.values())
        number = self.pick([n for n in self.pulls if n not in commented])
        self.forget(number)
        return {"op": "delete_pr", "number": number}

    def rename_user(self):
        name = self.people.pop(self.dice.randrange(len(self.people)))
        self.people.append("%s-r%d" % (name[:30], self.done))
        return {"op": "rename_user", "login": name, "to": self.people[-1]}

    def delete_user(self):
        return {"op": "delete_user", "login": self.people.pop(self.dice.randrange(len(self.people)))}

    def quiet_review(self):
        return self.review(touch=False)

    def rename_branch(self):
        """Leaves `updated_at` where it was."""
        number = self.pick(self.pulls)
        return {"op": "edit_pr", "number": number, "head_ref": "renamed-%d" % self.done, "touch": False}
