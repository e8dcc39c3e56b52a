/// The set-up in which the role that runs in workflows owns nothing of the audit log.
public enum AuditRoles {
  /// SQL for a superuser, in the database: gives the schema to one role, and to another what a run needs. May be run
  /// again, after a migration too.
  ///
  /// - Parameters:
  ///   - owner: owns the schema and migrates it; a role that nobody logs in as.
  ///   - runner: the role of DATABASE_URL in workflows. May append to the audit log, and neither change nor prune it.
  public static func sql(owner: String, runner: String) -> String {
    template.replacing("«owner»", with: quoted(owner)).replacing("«runner»", with: quoted(runner))
  }

  /// https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
  private static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

  private static let template = """
    BEGIN;
    -- Once, and then comment them out:
    CREATE ROLE «owner» NOLOGIN;
    CREATE ROLE «runner» LOGIN NOINHERIT;  -- give it a password with \\password

    -- The schema, and all that is in it, becomes the owner's.
    CREATE SCHEMA IF NOT EXISTS yardmaster;
    ALTER SCHEMA yardmaster OWNER TO «owner»;
    SELECT set_config('yardmaster.owner', $owner$«owner»$owner$, true);
    DO $$
    DECLARE
      command text;
    BEGIN
      FOR command IN
        SELECT format('ALTER TABLE %s OWNER TO %s', oid::regclass, current_setting('yardmaster.owner'))
        FROM pg_class WHERE relnamespace = 'yardmaster'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
        UNION ALL
        SELECT format('ALTER ROUTINE %s OWNER TO %s', oid::regprocedure, current_setting('yardmaster.owner'))
        FROM pg_proc WHERE pronamespace = 'yardmaster'::regnamespace
      LOOP
        EXECUTE command;
      END LOOP;
    END
    $$;

    -- The runner works on rows …
    REVOKE ALL ON SCHEMA yardmaster FROM PUBLIC;
    GRANT USAGE ON SCHEMA yardmaster TO «runner»;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA yardmaster TO «runner»;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA yardmaster TO «runner»;
    ALTER DEFAULT PRIVILEGES FOR ROLE «owner» IN SCHEMA yardmaster
      GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO «runner»;
    ALTER DEFAULT PRIVILEGES FOR ROLE «owner» IN SCHEMA yardmaster GRANT USAGE ON SEQUENCES TO «runner»;

    -- … and appends to the audit log: its end moves, and old entries go, by the owner's functions alone.
    REVOKE ALL ON yardmaster.audit_log, yardmaster.audit_heads, yardmaster.audit_checkpoints,
      yardmaster.schema_migrations FROM «runner»;
    GRANT SELECT, INSERT ON yardmaster.audit_log TO «runner»;
    GRANT SELECT ON yardmaster.audit_heads, yardmaster.audit_checkpoints, yardmaster.schema_migrations TO «runner»;
    GRANT EXECUTE ON FUNCTION yardmaster.lock_audit_head(text) TO «runner»;
    REVOKE ALL ON FUNCTION yardmaster.append_audit(), yardmaster.check_audit_prune(),
      yardmaster.prune_audit(text, bigint, text, bigint, timestamptz, integer, text) FROM PUBLIC, «runner»;
    COMMIT;

    """
}
