"""What happens between a kill and the re-run: the thread goes on, and the event comes again."""
import time

import persons
from boundary import Plan
from effects import marked, mutations, shown
from harness import check
from persons import Step, World


class Story:
    """Events on one issue, delivered by hand."""

    def __init__(self, world, number, body="## Version\n\n1.2"):
        self.world, self.number, self.count = world, number, 0
        self.does("issues", "opened", "carol", title="A question %d" % number, body=body)

    def act(self, name, action, actor, **more):
        time.sleep(persons.PAUSE)
        step = Step(self.number, self.count, name, action, actor, **more)
        self.count += 1
        return step, self.world.act(step)

    def does(self, name, action, actor, **more):
        """Acts, and has the event processed."""
        step, path = self.act(name, action, actor, **more)
        return self.world.settle(step.name, path)

    def interrupted(self, name, action, actor, plan, **more):
        """Acts, and has the event's process killed; gives what processes the event later."""
        step, path = self.act(name, action, actor, **more)
        status, _, log = self.world.deliver(step.name, path, plan)
        check("    killed %s" % plan, status == -9, "it ended with %d: %s" % (status, open(log).read()[-400:]) if status != -9 else "")
        return lambda: self.world.settle(step.name, path)

    @property
    def issue(self):
        return shown(self.world, self.number)


def between(options, data, configuration):
    """A run is killed, the thread goes on, and the event comes again."""
    world = World(options, data, configuration)
    number = 0
    try:
        for phase in ("before", "after") if options.events >= 100 else ("after",):
            # The first write of a command's event is the reaction, the second its effect.
            effect = lambda: Plan(2, phase, writes=True)

            def story():
                nonlocal number
                number += 1
                return Story(world, number)
            s = story()
            again = s.interrupted("issue_comment", "created", "bob", effect(), body="/title The older title")
            s.does("issue_comment", "created", "bob", body="/title The newer title")
            again()
            check("killed %s a command's write: a newer command's title stands" % phase, s.issue["title"] == "The newer title",
                  s.issue["title"])
            s = story()
            again = s.interrupted("issue_comment", "created", "bob", effect(), body="/label bug slow")
            if phase == "before":
                s.does("issues", "labeled", "carol", label="bug")
            s.does("issues", "unlabeled", "carol", label="bug")
            again()
            check("killed %s a command's write: a label that a person removed stays away, the other is there" % phase,
                  s.issue["labels"] == ["slow"], s.issue["labels"])
            s = story()
            again = s.interrupted("issue_comment", "created", "bob", effect(), body="/close")
            if phase == "before":
                s.does("issues", "closed", "carol")
            s.does("issues", "reopened", "carol")
            again()
            check("killed %s a command's write: an issue that a person reopened stays open" % phase, s.issue["state"] == "open")
            s = story()
            s.does("issue_comment", "created", "mona", body="/label docs wip")
            s.does("issue_comment", "created", "mona", body="/label slow")
            again = s.interrupted("issue_comment", "created", "mona", effect(), body="/undo")
            again()
            check("killed %s an undo's write: one transaction is taken back" % phase, s.issue["labels"] == ["docs", "wip"],
                  s.issue["labels"])
            s = story()
            again = s.interrupted("issue_comment", "created", "carol", effect(), body="/build")
            outcome, _ = again()
            again()
            found = sum("\"issue\": \"%d\"" % s.number in key for key in mutations(world) if "build.yml" in key)
            replies = [body for _, body, _ in s.issue["comments"] if "Not everything" in body]
            check("killed %s a dispatch: sent %d times, and its author is told once" % (phase, found),
                  found == (phase == "after") and len(replies) == 1 and "An action failed" not in replies[0],
                  "%s %s" % (outcome, replies))
            s = story()
            again = s.interrupted("issue_comment", "created", "bob", effect(), body="I have version 3.")
            s.does("issue_comment", "created", "dave", body="version 4 here")
            again()
            answers = [body.split("\n")[0] for _, body, _ in s.issue["comments"] if "answered" in body]
            check("killed %s a sticky comment's write: the newer text stands, once" % phase, answers == ["@dave answered."], answers)
            s = story()
            again = s.interrupted("issue_comment", "created", "carol", effect(), body="/duplicate #1")
            again()
            check("killed %s a close as duplicate" % phase, s.issue["reason"] == "duplicate", s.issue["reason"])
        # An event that comes after somebody with less permission edited the text runs what its own actor wrote.
        s = Story(world, number + 1)
        number += 2
        opened, path = Step(number, 0, "issues", "opened", "mona", title="By a maintainer", body="/label docs"), None
        path = world.act(opened)
        time.sleep(persons.PAUSE)
        edited = Step(number, 1, "issues", "edited", "dave", body="/label docs\n/lock resolved\n/title Mine now")
        path_of_edit = world.act(edited)
        world.settle("issues", path)
        world.settle("issues", path_of_edit)
        state = shown(world, number)
        check("a text that was edited by somebody else gives that person no more than both may",
              state["labels"] == ["docs"] and not state["locked"] and state["title"] == "By a maintainer", str(state)[:300])
        twice = marked(world)
        check("between: no comment was posted twice", not twice, str(twice))
    finally:
        world.stop()
