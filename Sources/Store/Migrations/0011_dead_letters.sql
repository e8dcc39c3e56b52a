-- What failed, kept for whoever tries again without an event file; and a thread's story.

-- Events whose last attempt failed. Apart from `events`, whose rows are rewritten with each claim: payloads are large.
-- A row goes when its event succeeds.
CREATE TABLE yardmaster.failed_events (
  event_id uuid PRIMARY KEY REFERENCES yardmaster.events (id) ON DELETE CASCADE,
  -- As in `threads`; events that belong to no thread have it too.
  repository_key text NOT NULL,
  -- As Actions named it, and what its event file held; NULL where nothing was given, or too much to be kept.
  event_name text,
  payload jsonb,
  -- NULL: not before somebody asks for it.
  next_attempt_at timestamptz
);
CREATE INDEX failed_events_due ON yardmaster.failed_events (repository_key, next_attempt_at)
  WHERE next_attempt_at IS NOT NULL;

-- Names are compared without regard to case, and the newest event under a name tells whose it is.
DROP INDEX yardmaster.events_repository;
CREATE INDEX events_repository ON yardmaster.events (lower(repository), received_at);
-- Events that are decided on outside of any thread.
CREATE INDEX events_item ON yardmaster.events (repository_github_id, number) WHERE repository_key IS NULL;

-- Whether GitHub lists the link, or Yardmaster read it in a text: only the former are counted against GitHub's number.
ALTER TABLE yardmaster.links ADD COLUMN origin text NOT NULL DEFAULT 'github' CHECK (origin IN ('github', 'text'));
-- When the text that holds it was written; NULL for what GitHub lists without a time.
ALTER TABLE yardmaster.links ADD COLUMN said_at timestamptz;
CREATE INDEX links_target ON yardmaster.links (lower(to_repository), to_number) WHERE to_number IS NOT NULL;

-- The id on GitHub of the repository that has the name now, or had it last; NULL where no id is known for it.
CREATE FUNCTION yardmaster.repository_github_id(repository text) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    (SELECT r.github_id FROM yardmaster.repositories r WHERE lower(r.owner || '/' || r.name) = lower($1)),
    (SELECT e.repository_github_id FROM yardmaster.events e
      WHERE lower(e.repository) = lower($1) AND e.repository_github_id IS NOT NULL
      ORDER BY e.received_at DESC LIMIT 1),
    (SELECT r.github_id FROM yardmaster.repositories r
      WHERE lower($1) = ANY (SELECT lower(f.name) FROM unnest(r.former_names) AS f (name))
      ORDER BY r.updated_at DESC LIMIT 1))
$$;

-- What stands in `repository_key` for a repository: its id, and its name where events came without the id.
CREATE FUNCTION yardmaster.repository_keys(repository text) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT array_remove(ARRAY[yardmaster.repository_github_id($1)::text, lower($1)], NULL)
$$;

-- A thread's story in order: what was captured of it, and what Yardmaster saw, read and did.
--
--   kind            who            what                        detail
--   opened          its author     its title                   state, closed_at, is_pull_request
--   comment         its author     its first 500 characters    comment_id, updated_at, path (of code), review_id
--   review          its author     state, then as a comment    review_id
--   event           who caused it  name and action             event_id, outcome, attempts, error, mode, run_id
--   command         its author     the line                    verdict, explanation, text_id, line, event_id, mode
--   action,         whose will it  the effect's kind           action_id, status, effect, reason, before, after,
--     rollback      was                                        explanation, rules, undoes, dry_run, event_id
--   link            its author     `closes octo/hello#3`       kind, incoming, repository, number, commit,
--                                                              is_pull_request, title, state
--
-- `at` is GitHub's time; of what Yardmaster did, the database's, but never before the event behind it. Links that have
-- no time of their own come first. A repository that was renamed is found under its names of then and now.
CREATE FUNCTION yardmaster.story(repository text, number bigint) RETURNS TABLE (
  at timestamptz, kind text, who text, what text, detail jsonb, transaction_id uuid
) LANGUAGE sql STABLE AS $$
  WITH place AS MATERIALIZED (
    SELECT $1 AS name, yardmaster.repository_keys($1) AS keys, yardmaster.repository_github_id($1) AS github_id
  ), here AS MATERIALIZED (
    SELECT r.id, r.owner || '/' || r.name AS name FROM yardmaster.repositories r, place
    WHERE r.github_id = place.github_id OR lower(r.owner || '/' || r.name) = lower(place.name)
    ORDER BY r.github_id = place.github_id DESC NULLS LAST LIMIT 1
  ), incidents AS (
    SELECT e.* FROM yardmaster.events e
    WHERE e.repository_key = ANY ((SELECT keys FROM place)::text[]) AND e.number = $2
    UNION ALL
    SELECT e.* FROM yardmaster.events e
    WHERE e.repository_key IS NULL AND e.repository_github_id = (SELECT github_id FROM place) AND e.number = $2
  ), told (at, rank, ordinal, kind, who, what, detail, transaction_id) AS (
    SELECT i.created_at, 1, 0::bigint, 'opened', i.author_login, i.title,
      jsonb_build_object('state', i.state, 'closed_at', i.closed_at, 'is_pull_request', false), NULL::uuid
    FROM yardmaster.issues i, here WHERE i.repository_id = here.id AND i.number = $2 AND i.deleted_at IS NULL
    UNION ALL
    SELECT p.created_at, 1, 0, 'opened', p.author_login, p.title,
      jsonb_build_object('state', p.state, 'closed_at', p.closed_at, 'is_pull_request', true), NULL
    FROM yardmaster.pull_requests p, here WHERE p.repository_id = here.id AND p.number = $2 AND p.deleted_at IS NULL
    UNION ALL
    SELECT c.created_at, 2, c.github_id, 'comment', c.author_login, left(c.body, 500),
      jsonb_build_object('comment_id', c.github_id, 'updated_at', c.updated_at), NULL
    FROM yardmaster.issue_comments c, here
    WHERE c.repository_id = here.id AND c.issue_number = $2 AND c.deleted_at IS NULL
    UNION ALL
    SELECT c.created_at, 2, c.github_id, 'comment', c.author_login, left(c.body, 500),
      jsonb_build_object('comment_id', c.github_id, 'updated_at', c.updated_at, 'path', c.path,
        'review_id', c.review_id), NULL
    FROM yardmaster.review_comments c, here
    WHERE c.repository_id = here.id AND c.pull_number = $2 AND c.deleted_at IS NULL
    UNION ALL
    SELECT r.submitted_at, 2, r.github_id, 'review', r.author_login,
      lower(r.state) || CASE WHEN r.body = '' THEN '' ELSE ': ' || left(r.body, 500) END,
      jsonb_build_object('review_id', r.github_id), NULL
    FROM yardmaster.reviews r, here
    WHERE r.repository_id = here.id AND r.pull_number = $2 AND r.deleted_at IS NULL AND r.submitted_at IS NOT NULL
    UNION ALL
    SELECT coalesce(e.occurred_at, e.received_at), 3, extract(epoch FROM e.received_at)::bigint, 'event', e.actor,
      concat_ws('.', e.event_name, e.action),
      jsonb_build_object('event_id', e.id, 'outcome', e.outcome, 'attempts', e.attempts, 'error', e.error,
        'mode', e.mode, 'run_id', nullif(e.run_id, 0)), e.transaction_id
    FROM incidents e
    UNION ALL
    SELECT c.moment, 4, c.text_id * 100000 + c.line, 'command', c.login, concat_ws(' ', '/' || c.name,
      nullif(c.arguments, '')),
      jsonb_build_object('verdict', c.verdict, 'explanation', c.explanation, 'text_id', c.text_id, 'line', c.line,
        'event_id', c.event_id, 'mode', c.mode), e.transaction_id
    FROM yardmaster.commands c JOIN yardmaster.events e ON e.id = c.event_id
    WHERE c.repository_key = ANY ((SELECT keys FROM place)::text[]) AND c.number = $2
    UNION ALL
    SELECT greatest(coalesce(a.settled_at, a.intended_at), e.occurred_at), 5, a.sequence,
      CASE WHEN a.undoes = '{}' THEN 'action' ELSE 'rollback' END, a.standing ->> 'login', a.kind,
      jsonb_build_object('action_id', a.id, 'status', a.status, 'effect', a.effect, 'reason', a.reason,
        'before', a.before_state, 'after', a.after_state, 'explanation', a.explanation, 'rules', a.rules,
        'undoes', a.undoes, 'dry_run', a.dry_run, 'event_id', a.event_id), a.transaction_id
    FROM yardmaster.actions a JOIN yardmaster.events e ON e.id = a.event_id
    WHERE a.repository_key = ANY ((SELECT keys FROM place)::text[]) AND a.number = $2
    UNION ALL
    SELECT coalesce(l.said_at, o.created_at), 2, l.number, 'link', o.author_login,
      CASE l.kind WHEN 'duplicate_of' THEN CASE WHEN l.incoming THEN 'has the duplicate' ELSE 'duplicate of' END
        WHEN 'closes' THEN CASE WHEN l.incoming <> (l.commit IS NOT NULL) THEN 'closed by' ELSE 'closes' END
        ELSE CASE WHEN l.incoming THEN 'mentioned by' ELSE 'mentions' END END
      || ' ' || l.repository || coalesce('#' || l.number, '@' || l.commit),
      jsonb_build_object('kind', l.kind, 'incoming', l.incoming, 'repository', l.repository, 'number', l.number,
        'commit', l.commit, 'title', t.title, 'state', t.state,
        'is_pull_request', coalesce(t.is_pull, CASE WHEN l.incoming AND l.kind = 'closes' THEN true END)), NULL
    FROM (
      SELECT l.kind, false AS incoming, l.to_repository AS repository, l.to_number AS number, l.to_commit AS commit,
        l.said_at, here.id AS author_of, $2 AS author_at
      FROM yardmaster.links l, here WHERE l.repository_id = here.id AND l.from_number = $2
      UNION ALL
      SELECT l.kind, true, r.owner || '/' || r.name, l.from_number, NULL, l.said_at, r.id, l.from_number
      FROM here JOIN yardmaster.links l ON lower(l.to_repository) = lower(here.name) AND l.to_number = $2
        JOIN yardmaster.repositories r ON r.id = l.repository_id
    ) AS l
    -- The item that holds the text, and the one at the other end, where they were captured.
    LEFT JOIN LATERAL (
      SELECT i.author_login, i.created_at FROM yardmaster.issues i
      WHERE i.repository_id = l.author_of AND i.number = l.author_at AND i.deleted_at IS NULL
      UNION ALL
      SELECT p.author_login, p.created_at FROM yardmaster.pull_requests p
      WHERE p.repository_id = l.author_of AND p.number = l.author_at AND p.deleted_at IS NULL
      LIMIT 1
    ) AS o ON true
    LEFT JOIN LATERAL (
      SELECT false AS is_pull, i.title, i.state FROM yardmaster.repositories r
      JOIN yardmaster.issues i ON i.repository_id = r.id AND i.number = l.number AND i.deleted_at IS NULL
      WHERE lower(r.owner || '/' || r.name) = lower(l.repository)
      UNION ALL
      SELECT true, p.title, p.state FROM yardmaster.repositories r
      JOIN yardmaster.pull_requests p ON p.repository_id = r.id AND p.number = l.number AND p.deleted_at IS NULL
      WHERE lower(r.owner || '/' || r.name) = lower(l.repository)
      LIMIT 1
    ) AS t ON true
  )
  SELECT t.at, t.kind, t.who, t.what, t.detail, t.transaction_id
  FROM told t ORDER BY t.at NULLS FIRST, t.rank, t.ordinal, t.what
$$;
