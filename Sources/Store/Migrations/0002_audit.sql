-- The audit log: one hash chain a repository, append-only.

-- The end of each chain. Whoever appends changes this row first, so appends stand in a queue here.
CREATE TABLE yardmaster.audit_heads (
  repository text PRIMARY KEY,
  sequence bigint NOT NULL,
  hash text NOT NULL
);

CREATE TABLE yardmaster.audit_log (
  repository text NOT NULL,
  sequence bigint NOT NULL,
  -- Chosen by the writer, so that it finds its entry again when the answer to COMMIT was lost.
  entry_id uuid NOT NULL UNIQUE,
  event_type text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
  actor text,
  action_type text NOT NULL,
  before_state jsonb,
  after_state jsonb,
  success boolean NOT NULL,
  metadata jsonb,
  recorded_at timestamptz NOT NULL,
  -- Of which fields the hashed bytes are made, and how.
  format integer NOT NULL,
  hash_algorithm text NOT NULL CHECK (hash_algorithm IN ('sha256', 'hmac-sha256')),
  previous_hash text NOT NULL,
  hash text NOT NULL,
  PRIMARY KEY (repository, sequence),
  -- No entry has two successors: the chain cannot fork.
  UNIQUE (repository, previous_hash)
);

CREATE FUNCTION yardmaster.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'the audit log is append-only';
END
$$;

CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON yardmaster.audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION yardmaster.refuse_change();
