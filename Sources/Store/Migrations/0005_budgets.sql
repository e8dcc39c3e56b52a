-- The quotas that all processes of an owner share: what GitHub said is left, what is under way, what the last minute held.
-- Nothing here is worth a write-ahead log: after a crash of the server GitHub's next answers tell it all again.

CREATE UNLOGGED TABLE yardmaster.budget_owners (
  owner text PRIMARY KEY,
  -- No request before, whatever it is for: a secondary limit was hit.
  limited_until timestamptz,
  -- Refusals in a row, and the last of them.
  strikes integer NOT NULL DEFAULT 0,
  refused_at timestamptz
);

CREATE UNLOGGED TABLE yardmaster.budget_windows (
  owner text NOT NULL,
  resource text NOT NULL,
  quota integer NOT NULL,
  -- The least that was seen in this window.
  remaining integer NOT NULL,
  resets_at timestamptz NOT NULL,
  -- How long a window lasts: the longest time to a reset that was ever seen.
  window_seconds double precision NOT NULL,
  -- Another reset that the last receipt told which does not fit `resets_at`.
  disputed_reset timestamptz,
  PRIMARY KEY (owner, resource)
);

-- What is under way, and what still counts against a limit of the minute or, where it created content, of the hour.
CREATE UNLOGGED TABLE yardmaster.budget_calls (
  id uuid PRIMARY KEY,
  owner text NOT NULL,
  resource text NOT NULL,
  cost integer NOT NULL,
  weight integer NOT NULL,
  creates_content boolean NOT NULL,
  started_at timestamptz NOT NULL,
  -- NULL while it is under way.
  ended_at timestamptz,
  -- What GitHub probably takes; after the end, what it took.
  seconds double precision NOT NULL,
  -- Which process; NULL where only its receipt came.
  sender uuid
);
CREATE INDEX budget_calls_owner ON yardmaster.budget_calls (owner, started_at);

-- Whose token it is, as GitHub once said. A fingerprint is part of a hash, from which no token can be told.
CREATE UNLOGGED TABLE yardmaster.budget_tokens (
  fingerprint text PRIMARY KEY,
  owner text NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now()
);

-- Whose limit a chunk waits for (`not_before`); NULL for everybody's.
ALTER TABLE yardmaster.capture_chunks ADD COLUMN held_owners text[];

-- Not now(): a transaction may have waited for a lock. A function of its own, so that tests can put a clock in its place.
CREATE FUNCTION yardmaster.budget_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';

-- Whoever draws or settles stands in a queue for each owner; always in the same order, so that no two wait for each other.
CREATE FUNCTION yardmaster.lock_budgets(owners text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO yardmaster.budget_owners (owner) SELECT DISTINCT o FROM unnest(owners) AS o ORDER BY o
    ON CONFLICT DO NOTHING;
  PERFORM FROM yardmaster.budget_owners b WHERE b.owner = ANY (owners) ORDER BY b.owner FOR UPDATE;
END
$$;

-- Records what became of requests. The caller holds the owners' locks.
--   receipts: [{id, owner, resource, cost, seconds, quota, remaining, resets_in, refusal, refusal_seconds}]
CREATE FUNCTION yardmaster.apply_receipts(receipts json, moment timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  receipt record;
  sent yardmaster.budget_calls;
  standing yardmaster.budget_owners;
  known yardmaster.budget_windows;
  resets timestamptz;
  apart interval;
  agreed boolean;
  blows integer;
BEGIN
  FOR receipt IN SELECT * FROM json_to_recordset(receipts) AS r (id uuid, owner text, resource text, cost integer,
    seconds double precision, quota integer, remaining integer, resets_in double precision, refusal text,
    refusal_seconds double precision)
  LOOP
    SELECT * INTO sent FROM yardmaster.budget_calls c WHERE c.id = receipt.id;
    IF sent.ended_at IS NOT NULL THEN
      CONTINUE; -- Told before: the answer to that was lost.
    ELSIF sent.id IS NOT NULL THEN
      UPDATE yardmaster.budget_calls c SET ended_at = moment, seconds = receipt.seconds,
        cost = coalesce(receipt.cost, c.cost) WHERE c.id = receipt.id;
    ELSE
      -- It took so long that it was given up, or the tables were lost.
      sent.started_at := moment - make_interval(secs => receipt.seconds);
      sent.cost := 1;
      INSERT INTO yardmaster.budget_calls VALUES (receipt.id, receipt.owner, receipt.resource,
        coalesce(receipt.cost, sent.cost), 1, false, sent.started_at, moment, receipt.seconds);
    END IF;

    IF receipt.quota IS NOT NULL THEN
      -- GitHub's windows last an hour at most: more comes of an answer with a wrong date.
      receipt.resets_in := least(greatest(receipt.resets_in, 0), 3600);
      resets := moment + make_interval(secs => receipt.resets_in);
      SELECT * INTO known FROM yardmaster.budget_windows w
        WHERE w.owner = receipt.owner AND w.resource = receipt.resource;
      -- Receipts ride on later requests, so the reset that they tell is late by that. Two resets that are about a window
      -- apart belong to two windows; in one window the earliest reset and the least that remained are the right ones.
      apart := make_interval(secs => greatest(known.window_seconds / 2, 5));
      IF known.owner IS NULL OR known.resets_at <= moment OR resets > known.resets_at + apart THEN
        INSERT INTO yardmaster.budget_windows AS w VALUES (receipt.owner, receipt.resource, receipt.quota,
          receipt.remaining, resets, receipt.resets_in)
        ON CONFLICT (owner, resource) DO UPDATE SET quota = excluded.quota, remaining = excluded.remaining,
          resets_at = excluded.resets_at, window_seconds = greatest(w.window_seconds, excluded.window_seconds),
          disputed_reset = NULL;
      ELSIF resets > known.resets_at - apart THEN
        UPDATE yardmaster.budget_windows w SET quota = receipt.quota, resets_at = least(w.resets_at, resets),
          remaining = least(w.remaining, receipt.remaining),
          window_seconds = greatest(w.window_seconds, receipt.resets_in)
          WHERE w.owner = receipt.owner AND w.resource = receipt.resource;
      ELSIF receipt.resets_in > 5 THEN
        -- No late word about a window that is over: one of the two resets is from a wrong date. What remains is true all
        -- the same; the reset is taken once a second receipt agrees.
        agreed := abs(extract(epoch FROM known.disputed_reset - resets)) <= 5;
        UPDATE yardmaster.budget_windows w SET quota = receipt.quota, remaining = least(w.remaining, receipt.remaining),
          resets_at = CASE WHEN agreed THEN resets ELSE w.resets_at END,
          disputed_reset = CASE WHEN agreed THEN NULL ELSE resets END
          WHERE w.owner = receipt.owner AND w.resource = receipt.resource;
      END IF;
    ELSIF receipt.refusal IS NULL THEN
      -- No answer told what is left: it did cost what it was expected to cost.
      UPDATE yardmaster.budget_windows w
        SET remaining = greatest(w.remaining - coalesce(receipt.cost, sent.cost), 0)
        WHERE w.owner = receipt.owner AND w.resource = receipt.resource AND w.resets_at > moment;
    END IF;

    IF receipt.refusal = 'primary' THEN
      -- A reset that is over already says nothing about the end.
      resets := moment + make_interval(secs =>
        least(greatest(coalesce(receipt.refusal_seconds, nullif(greatest(receipt.resets_in, 0), 0), 60), 1), 3600));
      INSERT INTO yardmaster.budget_windows AS w VALUES (receipt.owner, receipt.resource, coalesce(receipt.quota, 0), 0,
        resets, extract(epoch FROM resets - moment))
      ON CONFLICT (owner, resource) DO UPDATE SET remaining = 0,
        resets_at = CASE WHEN receipt.refusal_seconds IS NULL AND w.resets_at > moment THEN w.resets_at
          ELSE excluded.resets_at END;
    ELSIF receipt.refusal = 'secondary' THEN
      SELECT * INTO standing FROM yardmaster.budget_owners o WHERE o.owner = receipt.owner;
      IF standing.refused_at IS NULL OR standing.refused_at < moment - interval '1 hour' THEN
        standing.strikes := 0;
      END IF;
      -- Requests that were under way when the first refusal came are refused for the same reason: one strike.
      IF standing.strikes > 0 AND sent.started_at <= standing.refused_at THEN
        blows := standing.strikes;
      ELSE
        blows := standing.strikes + 1;
      END IF;
      UPDATE yardmaster.budget_owners o SET strikes = blows, refused_at = moment,
        limited_until = greatest(o.limited_until,
          moment + make_interval(secs => coalesce(receipt.refusal_seconds, 60 * 2 ^ least(blows - 1, 6))))
        WHERE o.owner = receipt.owner;
    ELSIF receipt.refusal IS NULL AND receipt.quota IS NOT NULL THEN
      -- Answered again after the last limit.
      UPDATE yardmaster.budget_owners o SET strikes = 0
        WHERE o.owner = receipt.owner AND o.strikes > 0 AND o.limited_until <= sent.started_at;
    END IF;
  END LOOP;
END
$$;

CREATE FUNCTION yardmaster.settle_budget(receipts json) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM yardmaster.lock_budgets(ARRAY(SELECT r.owner FROM json_to_recordset(receipts) AS r (owner text)));
  PERFORM yardmaster.apply_receipts(receipts, yardmaster.budget_clock());
END
$$;

-- Asks for leave to send one request: what is granted is under way from now on.
--   request: {id, owner, resource, cost, weight, creates_content, expected_seconds, priority, standing, sender}
-- Limits: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api and
-- https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api, each with a margin.
-- A sliding minute lasts 61 seconds here, because GitHub counts at another place of the request's way.
CREATE FUNCTION yardmaster.draw_budget(request json, receipts json, OUT granted boolean, OUT wait double precision,
  OUT reason text) LANGUAGE plpgsql AS $$
DECLARE
  minute CONSTANT interval := '61 seconds';
  -- A minute's server time may not be burnt in its first seconds: of what any few seconds allow, too, no more is taken.
  -- Who is alone and has one call at a time under way can never take too much.
  moments CONSTANT interval := '6 seconds';
  points double precision;
  asked record;
  limited_until timestamptz;
  purse yardmaster.budget_windows;
  used record;
  moment timestamptz;
  reserve double precision;
  time_left double precision;
  spare double precision;
BEGIN
  granted := false;
  SELECT * INTO asked FROM json_to_record(request) AS r (id uuid, owner text, resource text, cost integer,
    weight integer, creates_content boolean, expected_seconds double precision, priority text, standing text, sender uuid);
  PERFORM yardmaster.lock_budgets(
    ARRAY(SELECT r.owner FROM json_to_recordset(receipts) AS r (owner text)) || asked.owner);
  moment := yardmaster.budget_clock();
  PERFORM yardmaster.apply_receipts(receipts, moment);
  DELETE FROM yardmaster.budget_calls c WHERE c.owner = asked.owner
    AND greatest(c.started_at, c.ended_at) < moment - minute
    AND NOT (c.creates_content AND c.started_at > moment - interval '1 hour');
  IF EXISTS (SELECT FROM yardmaster.budget_calls c WHERE c.id = asked.id) THEN
    granted := true; -- Before, and the answer was lost.
    RETURN;
  END IF;

  -- A token whose owner is not known may be anybody's of its host; so it obeys them all, and all obey what it was told.
  SELECT max(o.limited_until) INTO limited_until FROM yardmaster.budget_owners o
    WHERE o.owner = asked.owner OR (split_part(o.owner, ' ', 1) = split_part(asked.owner, ' ', 1)
      AND (asked.standing <> 'identified' OR split_part(o.owner, ' ', 2) LIKE 'token:%'));
  IF limited_until > moment THEN
    wait := extract(epoch FROM limited_until - moment);
    reason := 'secondary';
    RETURN;
  END IF;

  -- Where no receipt comes, whoever sent it is dead, and after a minute GitHub is done with it in any case.
  SELECT count(*) FILTER (WHERE c.flies) AS flying,
    coalesce(sum(c.cost) FILTER (WHERE c.flies AND c.resource = asked.resource), 0) AS cost,
    coalesce(sum(c.weight) FILTER (WHERE c.is_graphql = (asked.resource = 'graphql') AND c.started_at > moment - minute),
      0) AS weight,
    coalesce(sum(c.seconds) FILTER (WHERE c.is_graphql AND c.counts), 0) AS graphql_seconds,
    coalesce(sum(c.seconds) FILTER (WHERE c.counts), 0) AS seconds,
    count(*) FILTER (WHERE c.flies AND c.is_graphql) AS graphql_flying,
    count(*) FILTER (WHERE c.is_recent AND c.sender IS DISTINCT FROM asked.sender) AS others,
    coalesce(sum(c.seconds) FILTER (WHERE c.is_graphql AND c.is_recent), 0) AS graphql_recent,
    coalesce(sum(c.seconds) FILTER (WHERE c.is_recent), 0) AS recent,
    count(*) FILTER (WHERE c.creates_content AND c.started_at > moment - minute) AS content_minute,
    count(*) FILTER (WHERE c.creates_content) AS content_hour
  INTO used
  FROM (
    SELECT *, b.resource = 'graphql' AS is_graphql,
      b.ended_at IS NULL AND b.started_at > moment - interval '60 seconds' AS flies,
      coalesce(b.ended_at, b.started_at) > moment - minute AS counts,
      coalesce(b.ended_at, b.started_at) > moment - moments AS is_recent
    FROM yardmaster.budget_calls b WHERE b.owner = asked.owner
  ) AS c;

  SELECT * INTO purse FROM yardmaster.budget_windows w
    WHERE w.owner = asked.owner AND w.resource = asked.resource AND w.resets_at > moment;
  IF FOUND THEN
    time_left := extract(epoch FROM purse.resets_at - moment);
    -- A tenth is kept for event runs, and released little by little over the last tenth of the window.
    reserve := CASE WHEN asked.priority = 'event' THEN 0
      ELSE 0.1 * purse.quota * least(1, time_left / greatest(purse.window_seconds / 10, 0.001)) END;
    spare := purse.remaining - used.cost - asked.cost;
    IF spare < reserve THEN
      reason := 'primary';
      wait := CASE
        -- Those under way may turn out to have cost nothing, or to be counted already.
        WHEN spare + used.cost >= reserve THEN least(0.5, time_left)
        WHEN spare < 0 OR purse.quota <= 0 OR asked.priority = 'event' THEN time_left
        ELSE time_left - spare / (0.1 * purse.quota) * purse.window_seconds / 10
      END;
      RETURN;
    END IF;
  ELSIF asked.standing = 'unseen' AND EXISTS (
    SELECT FROM yardmaster.budget_windows w
    WHERE split_part(w.owner, ' ', 1) = split_part(asked.owner, ' ', 1) AND w.resource = asked.resource
      AND w.resets_at > moment AND w.remaining < asked.cost)
  THEN
    reason := 'unseen';
    wait := 0;
    RETURN;
  END IF;

  points := CASE WHEN asked.resource = 'graphql' THEN 2000 ELSE 900 END * 0.97;
  wait := 0;
  IF used.flying >= 90 THEN
    wait := 0.25;
  END IF;
  IF used.weight + asked.weight > points THEN
    wait := greatest(wait, (
      SELECT extract(epoch FROM min(f.started_at) + minute - moment)
      FROM (
        SELECT c.started_at, sum(c.weight) OVER (ORDER BY c.started_at, c.id) AS freed FROM yardmaster.budget_calls c
        WHERE c.owner = asked.owner AND (c.resource = 'graphql') = (asked.resource = 'graphql')
          AND c.started_at > moment - minute
      ) AS f
      WHERE f.freed >= used.weight + asked.weight - points));
  END IF;
  IF asked.resource = 'graphql' AND used.graphql_seconds + asked.expected_seconds > 60 * 0.95 THEN
    wait := greatest(wait, yardmaster.wait_for_seconds(asked.owner, true, moment, minute,
      used.graphql_seconds + asked.expected_seconds - 60 * 0.95));
  END IF;
  IF used.seconds + asked.expected_seconds > 90 * 0.95 THEN
    wait := greatest(wait, yardmaster.wait_for_seconds(asked.owner, false, moment, minute,
      used.seconds + asked.expected_seconds - 90 * 0.95));
  END IF;
  IF asked.resource = 'graphql' AND used.graphql_flying + used.others > 0 AND used.graphql_recent + asked.expected_seconds > 6 * 0.95
  THEN
    wait := greatest(wait, least(yardmaster.wait_for_seconds(asked.owner, true, moment, moments,
      used.graphql_recent + asked.expected_seconds - 6 * 0.95), 0.25));
  END IF;
  IF used.flying + used.others > 0 AND used.recent + asked.expected_seconds > 9 * 0.95 THEN
    wait := greatest(wait, least(yardmaster.wait_for_seconds(asked.owner, false, moment, moments,
      used.recent + asked.expected_seconds - 9 * 0.95), 0.25));
  END IF;
  IF asked.creates_content AND used.content_minute >= 80 THEN
    wait := greatest(wait, (
      SELECT extract(epoch FROM c.started_at + minute - moment) FROM yardmaster.budget_calls c
      WHERE c.owner = asked.owner AND c.creates_content ORDER BY c.started_at DESC OFFSET 79 LIMIT 1));
  END IF;
  IF asked.creates_content AND used.content_hour >= 500 THEN
    wait := greatest(wait, (
      SELECT extract(epoch FROM c.started_at + interval '1 hour' - moment) FROM yardmaster.budget_calls c
      WHERE c.owner = asked.owner AND c.creates_content ORDER BY c.started_at DESC OFFSET 499 LIMIT 1));
  END IF;
  IF wait > 0 THEN
    reason := 'pace';
    RETURN;
  END IF;

  granted := true;
  INSERT INTO yardmaster.budget_calls VALUES (asked.id, asked.owner, asked.resource, asked.cost, asked.weight,
    asked.creates_content, moment, NULL, asked.expected_seconds, asked.sender);
END
$$;

-- Seconds until so much server time has left the minute: all that there is, where that is less, so that one long call
-- has to wait for an empty minute and for nothing more.
CREATE FUNCTION yardmaster.wait_for_seconds(whose text, only_graphql boolean, moment timestamptz, minute interval,
  excess double precision) RETURNS double precision LANGUAGE sql STABLE AS $$
  SELECT extract(epoch FROM coalesce(min(f.counted_at) FILTER (WHERE f.freed >= excess), max(f.counted_at)) + minute
    - moment)::double precision
  FROM (
    SELECT c.counted_at, sum(c.seconds) OVER (ORDER BY c.counted_at, c.id) AS freed
    FROM (
      SELECT b.id, b.seconds, coalesce(b.ended_at, b.started_at) AS counted_at FROM yardmaster.budget_calls b
      WHERE b.owner = whose AND (NOT only_graphql OR b.resource = 'graphql')
        AND coalesce(b.ended_at, b.started_at) > moment - minute
    ) AS c
  ) AS f
$$;
