-- Capture jobs with their chunks, and the captured history.

CREATE TABLE yardmaster.progressive_capture_jobs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  job_type text NOT NULL DEFAULT 'history',
  -- No foreign key: a queue manager may insert the job before its repository was ever seen here.
  repository_id uuid,
  processor_type text NOT NULL DEFAULT 'github_actions'
    CHECK (processor_type IN ('github_actions', 'inngest', 'event')),
  status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'running', 'waiting', 'completed', 'failed', 'cancelled')),
  time_range_days integer,
  workflow_run_id bigint,
  metadata jsonb DEFAULT '{}',
  error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  completed_at timestamptz,
  -- What the job captures; NULL while it waits to be planned.
  scope jsonb,
  -- GitHub's clock when a walk over everything began; NULL for jobs that prove nothing about the whole.
  walked_as_of timestamptz
);
CREATE INDEX progressive_capture_jobs_queue
  ON yardmaster.progressive_capture_jobs (processor_type, status, created_at);
CREATE INDEX progressive_capture_jobs_repository ON yardmaster.progressive_capture_jobs (repository_id, created_at);

CREATE TABLE yardmaster.capture_chunks (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  job_id uuid NOT NULL REFERENCES yardmaster.progressive_capture_jobs (id) ON DELETE CASCADE,
  ordinal integer NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'leased', 'waiting', 'completed', 'failed')),
  scope jsonb NOT NULL,
  -- How many numbers the chunk covers, where that is known.
  size integer,
  -- The checkpoint: everything before it is stored, nothing after it is.
  cursor text,
  items_done integer NOT NULL DEFAULT 0,
  points integer NOT NULL DEFAULT 0,
  requests integer NOT NULL DEFAULT 0,
  -- The fencing token: every claim adds one, every write names it.
  fence integer NOT NULL DEFAULT 0,
  -- Claims that were not given back in good order.
  attempts integer NOT NULL DEFAULT 0,
  claim_token uuid,
  run_id bigint,
  lease_expires_at timestamptz,
  not_before timestamptz,
  error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  completed_at timestamptz,
  UNIQUE (job_id, ordinal)
);
CREATE INDEX capture_chunks_open ON yardmaster.capture_chunks (job_id, ordinal) WHERE status <> 'completed';

-- Captured rows have no foreign keys among themselves: a review may be captured before its pull request.

CREATE TABLE yardmaster.pull_requests (
  repository_id uuid NOT NULL REFERENCES yardmaster.repositories (id),
  number bigint NOT NULL,
  github_id bigint NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'closed', 'merged')),
  is_draft boolean NOT NULL,
  author_login text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  closed_at timestamptz,
  merged_at timestamptz,
  additions bigint NOT NULL,
  deletions bigint NOT NULL,
  changed_files bigint NOT NULL,
  base_ref text NOT NULL,
  head_ref text NOT NULL,
  head_sha text NOT NULL,
  labels text[] NOT NULL,
  deleted_at timestamptz,
  PRIMARY KEY (repository_id, number)
);

CREATE TABLE yardmaster.issues (
  repository_id uuid NOT NULL REFERENCES yardmaster.repositories (id),
  number bigint NOT NULL,
  github_id bigint NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'closed')),
  state_reason text,
  author_login text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  closed_at timestamptz,
  labels text[] NOT NULL,
  deleted_at timestamptz,
  PRIMARY KEY (repository_id, number)
);

CREATE TABLE yardmaster.reviews (
  github_id bigint PRIMARY KEY,
  repository_id uuid NOT NULL,
  pull_number bigint NOT NULL,
  author_login text,
  state text NOT NULL,
  body text NOT NULL,
  submitted_at timestamptz,
  deleted_at timestamptz
);
CREATE INDEX reviews_pull_request ON yardmaster.reviews (repository_id, pull_number);

CREATE TABLE yardmaster.review_comments (
  github_id bigint PRIMARY KEY,
  repository_id uuid NOT NULL,
  pull_number bigint NOT NULL,
  review_id bigint,
  author_login text,
  path text NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CREATE INDEX review_comments_pull_request ON yardmaster.review_comments (repository_id, pull_number);

CREATE TABLE yardmaster.issue_comments (
  github_id bigint PRIMARY KEY,
  repository_id uuid NOT NULL,
  issue_number bigint NOT NULL,
  author_login text,
  body text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CREATE INDEX issue_comments_issue ON yardmaster.issue_comments (repository_id, issue_number);

CREATE TABLE yardmaster.pull_request_files (
  repository_id uuid NOT NULL,
  pull_number bigint NOT NULL,
  path text NOT NULL,
  additions bigint NOT NULL,
  deletions bigint NOT NULL,
  change_type text NOT NULL,
  deleted_at timestamptz
);
-- The key is (repository_id, pull_number, path). A path may have 4,096 bytes and an index entry at most 2,704, and a
-- stranger chooses the path, so the index holds a digest of it.
CREATE UNIQUE INDEX pull_request_files_key ON yardmaster.pull_request_files (repository_id, pull_number, md5(path));

CREATE TABLE yardmaster.contributors (
  login text PRIMARY KEY,
  github_id bigint,
  account_type text NOT NULL,
  bot_score double precision,
  bot_evidence jsonb
);

CREATE TABLE yardmaster.links (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  repository_id uuid NOT NULL REFERENCES yardmaster.repositories (id),
  from_number bigint NOT NULL,
  to_repository text NOT NULL,
  to_number bigint,
  to_commit text,
  kind text NOT NULL CHECK (kind IN ('closes', 'mentions', 'duplicate_of')),
  CHECK ((to_number IS NULL) <> (to_commit IS NULL))
);
CREATE UNIQUE INDEX links_key ON yardmaster.links
  (repository_id, from_number, lower(to_repository), coalesce(to_number, 0), coalesce(to_commit, ''), kind);
