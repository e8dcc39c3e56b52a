/// The set-up in which the role that runs in workflows owns nothing of the audit log.
public enum AuditRoles {
  /// SQL for a superuser, in a database whose schema is up to date: gives the schema to one role, and to another what a
  /// run needs. May be run again, and has to be after a migration.
  ///
  /// - Parameters:
  ///   - owner: owns the schema and migrates it; a role that nobody logs in as.
  ///   - runner: the role of DATABASE_URL in workflows. May append to the audit log, and neither change nor prune it.
  public static func sql(owner: String, runner: String) -> String {
    template.replacing("«owner»", with: identifier(owner)).replacing("«runner»", with: identifier(runner))
      .replacing("‹owner›", with: literal(owner)).replacing("‹runner›", with: literal(runner))
  }

  /// https://www.postgresql.org/docs/current/sql-syntax-lexical.html
  private static func identifier(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
  private static func literal(_ text: String) -> String {
    "E'" + text.replacing("\\", with: "\\\\").replacing("'", with: "''") + "'"
  }

  private static let template = """
    BEGIN;
    -- Two roles: one owns, and nobody logs in as it; one runs. Names for the block that follows:
    SELECT set_config('yardmaster.owner', ‹owner›, true), set_config('yardmaster.runner', ‹runner›, true);
    DO $$
    DECLARE
      owner text := current_setting('yardmaster.owner');
      runner text := current_setting('yardmaster.runner');
      command text;
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = owner) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', owner);
      END IF;
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = runner) THEN
        EXECUTE format('CREATE ROLE %I LOGIN', runner);  -- give it a password with \\password
      END IF;
      IF pg_has_role(runner, owner, 'MEMBER') THEN
        RAISE EXCEPTION 'the role % is a superuser, or a member of %: it could lift everything', runner, owner;
      END IF;
      -- The schema, and all that is in it, becomes the owner's.
      EXECUTE format('ALTER SCHEMA yardmaster OWNER TO %I', owner);
      FOR command IN
        SELECT format('ALTER TABLE %s OWNER TO %I', oid::regclass, owner)
        FROM pg_class WHERE relnamespace = 'yardmaster'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
        UNION ALL
        SELECT format('ALTER ROUTINE %s OWNER TO %I', oid::regprocedure, owner)
        FROM pg_proc WHERE pronamespace = 'yardmaster'::regnamespace
      LOOP
        EXECUTE command;
      END LOOP;
    END
    $$;

    -- The runner works on rows …
    REVOKE ALL ON SCHEMA yardmaster FROM PUBLIC, «runner»;
    GRANT USAGE ON SCHEMA yardmaster TO «runner»;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA yardmaster TO «runner»;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA yardmaster TO «runner»;

    -- … and appends to the audit log: its end moves, and old entries go, by the owner's functions alone.
    REVOKE ALL ON yardmaster.audit_log, yardmaster.audit_heads, yardmaster.audit_checkpoints,
      yardmaster.schema_migrations FROM PUBLIC, «runner»;
    GRANT SELECT, INSERT ON yardmaster.audit_log TO «runner»;
    GRANT SELECT ON yardmaster.audit_heads, yardmaster.audit_checkpoints, yardmaster.schema_migrations TO «runner»;
    REVOKE ALL ON FUNCTION yardmaster.append_audit(), yardmaster.check_audit_prune(),
      yardmaster.prune_audit(text, bigint, text, bigint, timestamptz, integer, text) FROM PUBLIC, «runner»;
    GRANT EXECUTE ON FUNCTION yardmaster.lock_audit_head(text) TO «runner»;
    COMMIT;

    """
}
