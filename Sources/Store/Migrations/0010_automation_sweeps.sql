-- Where the sweep of a repository's automation stands: one row for dry runs, one for live ones.
CREATE TABLE yardmaster.automation_sweeps (
  -- As in `threads`.
  repository_key text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('dry-run', 'live')),
  -- Everything that happened up to here was processed, by GitHub's clock.
  cursor timestamptz,
  -- The walks under way: startedAt, bound, part, and GitHub's cursor behind the last page that was processed.
  changes jsonb,
  round jsonb,
  -- When the last complete round over the open items began, for the rules that go by time.
  round_started_at timestamptz,
  -- What GitHub would not show, to be asked for again: number, since, reason.
  unshown jsonb NOT NULL DEFAULT '[]',
  -- Who sweeps now.
  lease_token uuid,
  lease_worker text,
  lease_expires_at timestamptz,
  PRIMARY KEY (repository_key, mode)
);
