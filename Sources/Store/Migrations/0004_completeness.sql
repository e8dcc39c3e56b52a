-- What is known of each number, so that completeness can be proven; what vanished upstream is marked as deleted.

ALTER TABLE yardmaster.repositories ADD COLUMN newest_number bigint;

ALTER TABLE yardmaster.pull_requests ADD COLUMN merge_commit_sha text;
-- Labels are fetched after the item's own row.
ALTER TABLE yardmaster.pull_requests ALTER COLUMN labels SET DEFAULT '{}';
ALTER TABLE yardmaster.issues ALTER COLUMN labels SET DEFAULT '{}';

-- Rows without a time of change of their own: GitHub's clock when what they say was read, so that a reading that is
-- stored late does not overwrite a newer one. Only moves when the row changes.
ALTER TABLE yardmaster.reviews ADD COLUMN observed_at timestamptz;
ALTER TABLE yardmaster.pull_request_files ADD COLUMN observed_at timestamptz;

-- Rows are looked for and counted as long as they are there; the index alone answers that.
DROP INDEX yardmaster.reviews_pull_request;
CREATE INDEX reviews_present ON yardmaster.reviews (repository_id, pull_number) WHERE deleted_at IS NULL;
DROP INDEX yardmaster.review_comments_pull_request;
CREATE INDEX review_comments_present ON yardmaster.review_comments (repository_id, pull_number)
  WHERE deleted_at IS NULL;
DROP INDEX yardmaster.issue_comments_issue;
CREATE INDEX issue_comments_present ON yardmaster.issue_comments (repository_id, issue_number)
  WHERE deleted_at IS NULL;

-- Pages that were committed, heartbeats not counted: what grows whenever work was done.
ALTER TABLE yardmaster.capture_chunks ADD COLUMN pages integer NOT NULL DEFAULT 0;
-- Numbers that are accounted for, with an item or with nothing there; NULL where the chunk covers none.
ALTER TABLE yardmaster.capture_chunks ADD COLUMN numbers_done integer;

-- GitHub's count of issues and pull requests, and the newest number, when a job over everything was planned: what has to
-- be stored once it is complete.
ALTER TABLE yardmaster.progressive_capture_jobs ADD COLUMN items_total bigint;
ALTER TABLE yardmaster.progressive_capture_jobs ADD COLUMN newest_number bigint;

-- What stands at each number of a repository.
CREATE TABLE yardmaster.numbers (
  repository_id uuid NOT NULL REFERENCES yardmaster.repositories (id),
  number bigint NOT NULL,
  -- gone: deleted, transferred, or never given out.
  kind text NOT NULL CHECK (kind IN ('pull_request', 'issue', 'discussion', 'gone')),
  -- GraphQL's id.
  node_id text,
  -- How many rows each list has by GitHub's own count; NULL where it was not read.
  labels_total integer,
  comments_total integer,
  reviews_total integer,
  files_total integer,
  closes_total integer,
  -- When the labels and the links were read: they have no time of their own.
  labels_read_at timestamptz,
  links_read_at timestamptz,
  -- GitHub's clock when the item was read, and when the last of its lists was. An item of which not all is stored has
  -- no proved_at, or an earlier one.
  observed_at timestamptz,
  proved_at timestamptz,
  -- Attempts to repair a count that does not agree, and the last of them: what GitHub itself miscounts is asked for
  -- ever more seldom.
  repairs integer NOT NULL DEFAULT 0,
  repaired_at timestamptz,
  PRIMARY KEY (repository_id, number)
) WITH (fillfactor = 80);

-- What was captured before this table existed is known, but not proven.
INSERT INTO yardmaster.numbers (repository_id, number, kind)
  SELECT repository_id, number, 'pull_request' FROM yardmaster.pull_requests WHERE deleted_at IS NULL;
INSERT INTO yardmaster.numbers (repository_id, number, kind)
  SELECT repository_id, number, 'issue' FROM yardmaster.issues WHERE deleted_at IS NULL
  ON CONFLICT DO NOTHING;

-- The rows that the parts of an unfinished list had. Belongs to the checkpoint, so it has to survive a crash with it.
CREATE TABLE yardmaster.list_sightings (
  chunk_id uuid NOT NULL REFERENCES yardmaster.capture_chunks (id) ON DELETE CASCADE,
  -- 0 for a list of the whole repository.
  number bigint NOT NULL,
  list text NOT NULL,
  key text NOT NULL
);
CREATE INDEX list_sightings_list ON yardmaster.list_sightings (chunk_id, list, number);

-- The widths that worked, for the next run.
CREATE TABLE yardmaster.query_widths (
  repository_id uuid NOT NULL REFERENCES yardmaster.repositories (id),
  query text NOT NULL,
  width integer NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (repository_id, query)
);

-- Dead letters of a capture belong to a number, whatever the repository is called by now.
ALTER TABLE yardmaster.dead_letters ADD COLUMN repository_id uuid REFERENCES yardmaster.repositories (id);
ALTER TABLE yardmaster.dead_letters ADD COLUMN number bigint;
CREATE INDEX dead_letters_number ON yardmaster.dead_letters (repository_id, number) WHERE number IS NOT NULL;
