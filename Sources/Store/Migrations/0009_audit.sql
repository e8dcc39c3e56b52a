-- The audit log keeps its own end, loses old entries to signed checkpoints alone, and may hold pseudonyms.
--
-- The functions that act with their owner's rights have a fixed search_path, name every table with its schema, and are
-- nobody's to call or to attach to another table unless granted: `yardmaster audit roles` prints the set-up in which
-- the runner's role owns nothing of this.

-- What a chain has lost to its retention: it begins after the last of these. The signature is an HMAC-SHA-256 of the
-- other columns under a key that the database does not have.
CREATE TABLE yardmaster.audit_checkpoints (
  repository text NOT NULL,
  -- The last entry that was removed, and its hash.
  sequence bigint NOT NULL,
  hash text NOT NULL,
  -- How many entries were removed with it.
  count bigint NOT NULL CHECK (count BETWEEN 1 AND sequence),
  pruned_at timestamptz NOT NULL,
  format integer NOT NULL,
  signature text NOT NULL,
  -- In which entries may be removed by it.
  transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (repository, sequence)
);

-- Who a pseudonym is. Without its row, and the salt in it, nobody can tell: not even with the key.
CREATE TABLE yardmaster.audit_pseudonyms (
  pseudonym text PRIMARY KEY,
  login text NOT NULL,
  salt text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX audit_pseudonyms_login ON yardmaster.audit_pseudonyms (lower(login));

-- Moves the chain's end on with each entry, and takes only what follows on it: nobody who may insert can insert
-- anywhere else, and nobody has to write the end by hand.
CREATE FUNCTION yardmaster.append_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE yardmaster.audit_heads SET sequence = NEW.sequence, hash = NEW.hash
  WHERE repository = NEW.repository AND sequence = NEW.sequence - 1 AND hash = NEW.previous_hash;
  IF NOT FOUND AND NEW.sequence = 1 AND NEW.previous_hash = repeat('0', 64) THEN
    INSERT INTO yardmaster.audit_heads (repository, sequence, hash) VALUES (NEW.repository, 1, NEW.hash)
    ON CONFLICT DO NOTHING;
  END IF;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'YM003', MESSAGE = 'the audit chain went on';
  END IF;
  -- An entry that anybody can hash, behind one that needs the key, is what a forger would write.
  IF NEW.hash_algorithm = 'sha256' AND EXISTS (
    SELECT FROM yardmaster.audit_log
    WHERE repository = NEW.repository AND sequence = NEW.sequence - 1 AND hash_algorithm <> 'sha256'
  ) THEN
    RAISE EXCEPTION USING ERRCODE = 'YM005', MESSAGE = 'the audit log is keyed';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER audit_log_append BEFORE INSERT ON yardmaster.audit_log
  FOR EACH ROW EXECUTE FUNCTION yardmaster.append_audit();

-- The chain's end, which stays as it is until the transaction ends.
CREATE FUNCTION yardmaster.lock_audit_head(chain text) RETURNS yardmaster.audit_heads LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  head yardmaster.audit_heads;
BEGIN
  INSERT INTO yardmaster.audit_heads (repository, sequence, hash) VALUES (chain, 0, repeat('0', 64))
  ON CONFLICT DO NOTHING;
  SELECT * INTO head FROM yardmaster.audit_heads WHERE repository = chain FOR UPDATE;
  RETURN head;
END
$$;

-- Entries go from the beginning only, and only those that a checkpoint of the same transaction names. The newest stays.
CREATE FUNCTION yardmaster.check_audit_prune() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (
      SELECT repository, min(sequence) AS first, max(sequence) AS last, count(*) AS entries
      FROM removed GROUP BY repository
    ) AS gone
    WHERE NOT EXISTS (
        SELECT FROM yardmaster.audit_checkpoints c
        JOIN removed l ON l.repository = c.repository AND l.sequence = c.sequence AND l.hash = c.hash
        WHERE c.repository = gone.repository AND c.sequence = gone.last AND c.count = gone.entries
          AND c.sequence - c.count + 1 = gone.first AND c.transaction_id = pg_current_xact_id()
      )
      OR EXISTS (
        SELECT FROM yardmaster.audit_log l WHERE l.repository = gone.repository AND l.sequence < gone.first
      )
      OR NOT EXISTS (
        SELECT FROM yardmaster.audit_log l WHERE l.repository = gone.repository AND l.sequence = gone.last + 1
      )
  ) THEN
    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'the audit log is append-only';
  END IF;
  RETURN NULL;
END
$$;

DROP TRIGGER audit_log_append_only ON yardmaster.audit_log;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR TRUNCATE ON yardmaster.audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION yardmaster.refuse_change();
CREATE TRIGGER audit_log_prune AFTER DELETE ON yardmaster.audit_log REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION yardmaster.check_audit_prune();
CREATE TRIGGER audit_checkpoints_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON yardmaster.audit_checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION yardmaster.refuse_change();
CREATE TRIGGER audit_heads_kept BEFORE DELETE OR TRUNCATE ON yardmaster.audit_heads
  FOR EACH STATEMENT EXECUTE FUNCTION yardmaster.refuse_change();
CREATE TRIGGER audit_heads_forward BEFORE UPDATE ON yardmaster.audit_heads
  FOR EACH ROW WHEN (NEW.repository <> OLD.repository OR NEW.sequence <> OLD.sequence + 1)
  EXECUTE FUNCTION yardmaster.refuse_change();

-- Removes a chain's entries up to one, and leaves the checkpoint from which the rest verifies. The database cannot tell
-- whether the signature is good; whoever verifies can.
CREATE FUNCTION yardmaster.prune_audit(
  chain text, through bigint, through_hash text, entries bigint, moment timestamptz, checkpoint_format integer,
  checkpoint_signature text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  gone bigint;
BEGIN
  PERFORM FROM yardmaster.audit_heads WHERE repository = chain FOR UPDATE;
  INSERT INTO yardmaster.audit_checkpoints (repository, sequence, hash, count, pruned_at, format, signature)
  VALUES (chain, through, through_hash, entries, moment, checkpoint_format, checkpoint_signature);
  DELETE FROM yardmaster.audit_log WHERE repository = chain AND sequence <= through;
  GET DIAGNOSTICS gone = ROW_COUNT;
  IF gone <> entries THEN
    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'the checkpoint is not that of the entries';
  END IF;
END
$$;

REVOKE ALL ON FUNCTION yardmaster.append_audit(), yardmaster.check_audit_prune(), yardmaster.lock_audit_head(text),
  yardmaster.prune_audit(text, bigint, text, bigint, timestamptz, integer, text) FROM PUBLIC;
