-- Repositories, events, what was done about them, and what failed for good.
-- All times are UTC instants; all ids that GitHub gives are bigint.

CREATE TABLE yardmaster.repositories (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner text NOT NULL,
  name text NOT NULL,
  github_id bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
-- GitHub compares names without regard to case.
CREATE UNIQUE INDEX repositories_name ON yardmaster.repositories (lower(owner), lower(name));
CREATE UNIQUE INDEX repositories_github_id ON yardmaster.repositories (github_id) WHERE github_id IS NOT NULL;

CREATE TABLE yardmaster.events (
  id uuid PRIMARY KEY,
  -- What a second delivery, a re-run and the sweep have in common.
  identity text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('dry-run', 'live')),
  event_name text NOT NULL,
  action text,
  repository text NOT NULL,
  repository_github_id bigint,
  number bigint,
  actor text,
  outcome text CHECK (outcome IN ('processed', 'duplicate', 'ignored', 'failed')),
  -- Claims so far; also the fencing token: every write of an attempt names it.
  attempts integer NOT NULL DEFAULT 1,
  error text,
  run_id bigint NOT NULL,
  run_attempt integer NOT NULL,
  workflow text,
  -- One for all attempts: what they do together is undone together.
  transaction_id uuid NOT NULL,
  -- Chosen by the claiming process, so that it knows its own claim when the answer was lost.
  claim_token uuid NOT NULL,
  -- The claiming process, for others on its machine to tell whether it still lives.
  worker text NOT NULL,
  lease_seconds integer NOT NULL,
  lease_expires_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  claimed_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE UNIQUE INDEX events_identity ON yardmaster.events (identity, mode);
CREATE INDEX events_repository ON yardmaster.events (repository, received_at);
CREATE INDEX events_run ON yardmaster.events (run_id);

CREATE TABLE yardmaster.actions (
  id uuid PRIMARY KEY,
  transaction_id uuid NOT NULL,
  event_id uuid NOT NULL REFERENCES yardmaster.events (id),
  -- The order in which the decisions were taken.
  ordinal integer NOT NULL,
  kind text NOT NULL,
  repository text NOT NULL,
  number bigint NOT NULL,
  effect jsonb NOT NULL,
  reason jsonb NOT NULL,
  once_key text,
  before_state jsonb,
  after_state jsonb,
  status text NOT NULL CHECK (status IN ('intended', 'done', 'skipped', 'uncertain', 'failed', 'rolled_back')),
  explanation text,
  dry_run boolean NOT NULL,
  intended_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz
);
-- A key is taken while its effect is on its way, and for good once it happened.
CREATE UNIQUE INDEX actions_once_key ON yardmaster.actions (once_key)
  WHERE once_key IS NOT NULL AND status NOT IN ('failed', 'skipped');
CREATE INDEX actions_event ON yardmaster.actions (event_id, ordinal);
CREATE INDEX actions_transaction ON yardmaster.actions (transaction_id);
CREATE INDEX actions_item ON yardmaster.actions (repository, number);

CREATE TABLE yardmaster.dead_letters (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  kind text NOT NULL,
  reference text NOT NULL,
  error text NOT NULL,
  attempts integer NOT NULL DEFAULT 1,
  payload jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX dead_letters_reference ON yardmaster.dead_letters (kind, reference);

-- Ends the transaction with one of the store's own conditions, from inside a statement that is sent without waiting:
--   YM001 the schema has another version, YM002 the lease was lost, YM003 the audit chain went on meanwhile.
CREATE FUNCTION yardmaster.fail(code text, message text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = code, MESSAGE = message;
END
$$;

CREATE FUNCTION yardmaster.require_version(expected integer) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  found integer;
BEGIN
  SELECT max(version) INTO found FROM yardmaster.schema_migrations;
  IF found IS DISTINCT FROM expected THEN
    RAISE EXCEPTION USING ERRCODE = 'YM001', MESSAGE = format('the schema has version %s, not %s', found, expected);
  END IF;
  RETURN true;
END
$$;
