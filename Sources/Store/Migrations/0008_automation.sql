-- Automation: threads, the register of their facets, the commands that were read in them, and what stands in them.
--
-- `repository_key` is GitHub's id of the repository in decimal digits, or its name in lower case where no id is known, so
-- that a renamed repository keeps its threads.

CREATE TABLE yardmaster.threads (
  repository_key text NOT NULL,
  number bigint NOT NULL,
  -- The newest version of the item (its `updated_at`) that a processed event showed.
  seen_at timestamptz,
  -- When Yardmaster last wrote to the item.
  acted_at timestamptz,
  -- Who decides on the thread now: an event's attempt, and the process that makes it.
  lease_event uuid,
  lease_attempt integer,
  lease_worker text,
  lease_expires_at timestamptz,
  PRIMARY KEY (repository_key, number)
);

-- The last write to each facet that is known.
CREATE TABLE yardmaster.facets (
  repository_key text NOT NULL,
  number bigint NOT NULL,
  facet text NOT NULL,
  value jsonb,
  -- Whose will it was: a person's, by hand or by command, or a rule's.
  will text NOT NULL CHECK (will IN ('person', 'rule')),
  login text,
  -- When it was said or done on GitHub; within a second, comments count by id and line.
  moment timestamptz NOT NULL,
  moment_comment bigint NOT NULL,
  moment_line integer NOT NULL,
  -- Of a write that left what it found where that would do: {"since": when that was written, "value": what it would have
  -- written itself}.
  deference jsonb,
  PRIMARY KEY (repository_key, number, facet)
);

CREATE TABLE yardmaster.commands (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  event_id uuid NOT NULL REFERENCES yardmaster.events (id),
  mode text NOT NULL CHECK (mode IN ('dry-run', 'live')),
  repository_key text NOT NULL,
  number bigint NOT NULL,
  -- The comment that it stands in; 0 for the item's own text.
  text_id bigint NOT NULL,
  line integer NOT NULL,
  name text NOT NULL,
  arguments text NOT NULL,
  login text,
  moment timestamptz NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('accepted', 'refused', 'mistake', 'superseded', 'flood')),
  explanation text,
  read_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX commands_text ON yardmaster.commands (repository_key, number, text_id);
CREATE INDEX commands_event ON yardmaster.commands (event_id);

-- Comments that are kept up to date.
CREATE TABLE yardmaster.sticky_comments (
  repository_key text NOT NULL,
  number bigint NOT NULL,
  key text NOT NULL,
  comment_id bigint NOT NULL,
  -- What it says, without its marker.
  body text NOT NULL,
  digest text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (repository_key, number, key)
);

-- Logins under which instances of Yardmaster on this database have written: nobody answers them.
CREATE TABLE yardmaster.own_logins (
  login text PRIMARY KEY,
  first_seen_at timestamptz NOT NULL DEFAULT now()
);

-- The configuration as it was last read: a conditional request for it costs nothing of the quota.
CREATE TABLE yardmaster.configurations (
  repository_key text PRIMARY KEY,
  etag text NOT NULL,
  content text NOT NULL,
  read_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE yardmaster.events
  ADD COLUMN repository_key text,
  -- When it happened on GitHub.
  ADD COLUMN occurred_at timestamptz;
CREATE INDEX events_thread ON yardmaster.events (repository_key, number, occurred_at);
CREATE INDEX events_actor ON yardmaster.events (repository_key, actor, received_at);

ALTER TABLE yardmaster.actions
  ADD COLUMN repository_key text,
  -- The order of writes to a thread: only one process at a time adds to it.
  ADD COLUMN sequence bigint GENERATED ALWAYS AS IDENTITY,
  ADD COLUMN standing jsonb,
  -- The rules that asked for it.
  ADD COLUMN rules text[] NOT NULL DEFAULT '{}',
  -- Of what is said in a comment.
  ADD COLUMN digest text,
  -- Of an undo: the actions that it takes back.
  ADD COLUMN undoes uuid[] NOT NULL DEFAULT '{}',
  -- When its request was last about to be sent.
  ADD COLUMN begun_at timestamptz,
  -- Whether the explanation is for whoever asked for it: nothing, or not all, came of it, and no run is at fault.
  ADD COLUMN is_slip boolean NOT NULL DEFAULT false;
CREATE INDEX actions_thread ON yardmaster.actions (repository_key, number, sequence);

-- Whether an account was here before.
CREATE INDEX issues_author ON yardmaster.issues (repository_id, author_login);
CREATE INDEX pull_requests_author ON yardmaster.pull_requests (repository_id, author_login);
