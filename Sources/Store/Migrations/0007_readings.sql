-- When a row was read that says by itself when it changed: what changes without a new time (the login of an account that
-- was deleted, the name of a branch) is decided by the later reading.

ALTER TABLE yardmaster.pull_requests ADD COLUMN observed_at timestamptz;
ALTER TABLE yardmaster.issues ADD COLUMN observed_at timestamptz;
ALTER TABLE yardmaster.issue_comments ADD COLUMN observed_at timestamptz;
ALTER TABLE yardmaster.review_comments ADD COLUMN observed_at timestamptz;
