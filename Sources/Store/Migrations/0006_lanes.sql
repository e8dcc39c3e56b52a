-- Jobs that were handed to somebody who answers through the table.

-- The moment from which another lane may take the job over; NULL where nobody else has it. A column, not a part of
-- metadata, because whoever completes the job may write metadata of its own.
ALTER TABLE yardmaster.progressive_capture_jobs ADD COLUMN lane_deadline timestamptz;
-- When it was handed over: accepted by Inngest, or dispatched to a workflow.
ALTER TABLE yardmaster.progressive_capture_jobs ADD COLUMN handed_over_at timestamptz;
CREATE INDEX progressive_capture_jobs_handed_over ON yardmaster.progressive_capture_jobs (lane_deadline)
  WHERE processor_type = 'inngest' AND lane_deadline IS NOT NULL;

-- What the repository was called before. A queue manager's row may name it so after it was renamed.
ALTER TABLE yardmaster.repositories ADD COLUMN former_names text[] NOT NULL DEFAULT '{}';
