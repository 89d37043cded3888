/** Of the schema that this release reads and writes. */
export const SCHEMA_VERSION = 1;

/**
 * Each brings a schema from the version before to its own, once, and is never changed once it is released. It only adds: services of
 * the release before go on with it while they are replaced.
 *
 * A document lies sealed in `documents`, under a key of its own in `document_keys`: to forget it, only that small table must be
 * rewritten. No statistics of the two: ANALYZE would copy what is sealed, and keys, to where they stay.
 *
 * COLLATE "C": an index in the order of a language breaks when the library that knows it is upgraded.
 *
 * `commit_documents` makes a commit in one statement, so that a lost connection cannot leave half of it. The row of
 * `documents_state` lets one in at a time. It returns the position of the first change that is not at its expected version, if any.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE documents_state (
    is_only_row boolean PRIMARY KEY DEFAULT true CHECK (is_only_row),
    last_audit bigint NOT NULL DEFAULT 0,
    destroying_commits bigint NOT NULL DEFAULT 0,
    forgotten_commits bigint NOT NULL DEFAULT 0,
    last_destroyed_at timestamptz,
    hindered_by text,
    is_rewriting boolean NOT NULL DEFAULT false
  );
  INSERT INTO documents_state DEFAULT VALUES;
  COMMENT ON COLUMN documents_state.destroying_commits IS 'how many commits replaced or deleted a document';
  COMMENT ON COLUMN documents_state.forgotten_commits IS 'of how many of them the keys are gone from the files too';
  COMMENT ON COLUMN documents_state.hindered_by IS 'why that does not go on';
  COMMENT ON COLUMN documents_state.is_rewriting IS 'document_keys is being rewritten, or the server crashed meanwhile';

  CREATE TABLE document_keys (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key bytea NOT NULL);
  ALTER TABLE document_keys ALTER COLUMN key SET STORAGE PLAIN, ALTER COLUMN key SET STATISTICS 0;
  COMMENT ON TABLE document_keys IS 'one for each version of a document; rewritten by the services after one was destroyed';

  CREATE TABLE documents (
    collection text COLLATE "C",
    key text COLLATE "C",
    version integer NOT NULL,
    key_id bigint NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (collection, key)
  );
  ALTER TABLE documents ALTER COLUMN sealed SET STORAGE EXTERNAL, ALTER COLUMN sealed SET STATISTICS 0;

  CREATE TABLE audit (sequence bigint PRIMARY KEY, entry text NOT NULL);
  COMMENT ON COLUMN audit.entry IS 'JSON: atSeconds, actor, action, subject, detail';

  CREATE FUNCTION commit_documents(changes json, audit_entries json) RETURNS integer
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $commit$
  DECLARE
    change record;
    stale integer;
    old_key bigint;
    new_key bigint;
    destroys boolean := false;
  BEGIN
    PERFORM FROM documents_state FOR UPDATE;
    SELECT min(c.position) INTO stale
      FROM json_to_recordset(changes) AS c(position integer, collection text, key text, expected integer)
      LEFT JOIN documents d ON d.collection = c.collection AND d.key = c.key
      WHERE coalesce(d.version, 0) <> c.expected;
    IF stale IS NOT NULL THEN
      RETURN stale;
    END IF;
    FOR change IN
      SELECT * FROM json_to_recordset(changes)
        AS c(collection text, key text, expected integer, sealing_key bytea, sealed bytea)
    LOOP
      DELETE FROM documents d WHERE d.collection = change.collection AND d.key = change.key
        RETURNING d.key_id INTO old_key;
      IF FOUND THEN
        DELETE FROM document_keys k WHERE k.id = old_key;
        destroys := true;
      END IF;
      CONTINUE WHEN change.sealed IS NULL;
      INSERT INTO document_keys (key) VALUES (change.sealing_key) RETURNING id INTO new_key;
      INSERT INTO documents VALUES (change.collection, change.key, change.expected + 1, new_key, change.sealed);
    END LOOP;
    INSERT INTO audit
      SELECT s.last_audit + e.position, e.entry
      FROM documents_state s, json_array_elements_text(audit_entries) WITH ORDINALITY AS e(entry, position);
    UPDATE documents_state SET
      last_audit = last_audit + json_array_length(audit_entries),
      destroying_commits = destroying_commits + destroys::integer,
      last_destroyed_at = CASE WHEN destroys THEN now() ELSE last_destroyed_at END;
    RETURN NULL;
  END $commit$;

  CREATE FUNCTION reseal_documents(changes json) RETURNS void
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $reseal$
  DECLARE
    change record;
    new_key bigint;
  BEGIN
    PERFORM FROM documents_state FOR UPDATE;
    FOR change IN
      SELECT * FROM json_to_recordset(changes)
        AS c(collection text, key text, key_id bigint, sealing_key bytea, sealed bytea)
    LOOP
      CONTINUE WHEN NOT EXISTS (
        SELECT FROM documents d
        WHERE d.collection = change.collection AND d.key = change.key AND d.key_id = change.key_id
      );
      INSERT INTO document_keys (key) VALUES (change.sealing_key) RETURNING id INTO new_key;
      UPDATE documents d SET key_id = new_key, sealed = change.sealed
        WHERE d.collection = change.collection AND d.key = change.key;
      DELETE FROM document_keys k WHERE k.id = change.key_id;
    END LOOP;
    UPDATE documents_state SET destroying_commits = destroying_commits + 1, last_destroyed_at = now();
  END $reseal$;
  `,
];
