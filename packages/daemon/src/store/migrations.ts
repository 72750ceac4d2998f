/** Marks a database as ours: `bngr` in ASCII, see PRAGMA application_id. */
export const APPLICATION_ID = 0x62_6e_67_72;

export interface Migration {
  /** What user_version is afterwards; they count up from 1 without gaps. */
  readonly version: number;
  readonly sql: string;
}

/** Forward only. A released migration is never changed: a new one follows it. */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE meta (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;

      -- No reference from VMs to images or operations: a VM that is adopted from its manifest
      -- must find its place also when their rows are lost.
      CREATE TABLE vms (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        state TEXT NOT NULL
          CHECK (state IN ('creating', 'stopped', 'starting', 'running', 'stopping', 'deleting')),
        state_reason TEXT,
        image_id TEXT NOT NULL,
        image_name TEXT NOT NULL,
        vcpus INTEGER NOT NULL,
        memory_mib INTEGER NOT NULL,
        disk_bytes INTEGER NOT NULL,
        work_disk_bytes INTEGER NOT NULL,
        guest_ip TEXT NOT NULL,
        mac TEXT NOT NULL,
        tap TEXT NOT NULL,
        vmm TEXT NOT NULL,
        disk_backend TEXT NOT NULL,
        host_public_key TEXT NOT NULL,
        process TEXT CHECK (json_valid(process)),
        boot_operation TEXT,
        created_at TEXT NOT NULL,
        started_at TEXT,
        stopped_at TEXT
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX vms_name ON vms (name);
      CREATE UNIQUE INDEX vms_guest_ip ON vms (guest_ip);
      CREATE INDEX vms_image ON vms (image_id);
      CREATE INDEX vms_boot_operation ON vms (boot_operation);

      CREATE TABLE images (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        digest TEXT NOT NULL UNIQUE,
        size_bytes INTEGER NOT NULL,
        stored_bytes INTEGER NOT NULL,
        kernel_version TEXT NOT NULL,
        created_at TEXT NOT NULL
      ) STRICT;

      CREATE TABLE operations (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        params TEXT NOT NULL CHECK (json_valid(params)),
        state TEXT NOT NULL
          CHECK (state IN ('preparing', 'running', 'undoing', 'succeeded', 'failed', 'cancelled')),
        error TEXT CHECK (json_valid(error)),
        started_at TEXT NOT NULL,
        ended_at TEXT
      ) STRICT;
      CREATE INDEX operations_unfinished ON operations (number)
        WHERE state NOT IN ('succeeded', 'failed', 'cancelled');
      CREATE INDEX operations_ended ON operations (ended_at);

      CREATE TABLE steps (
        operation TEXT NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        type TEXT NOT NULL,
        stage TEXT NOT NULL,
        intent TEXT NOT NULL CHECK (json_valid(intent)),
        state TEXT NOT NULL CHECK (state IN ('planned', 'intended', 'done', 'undone', 'undo_failed')),
        output TEXT CHECK (json_valid(output)),
        duration_ms REAL,
        PRIMARY KEY (operation, seq)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE idempotency_keys (
        key TEXT PRIMARY KEY,
        params_digest TEXT NOT NULL,
        operation TEXT NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
        expires_at TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX idempotency_keys_operation ON idempotency_keys (operation);
    `,
  },
];
