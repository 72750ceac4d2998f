import { SqliteError } from 'better-sqlite3';
import { BangerError } from '../errors.ts';

/** Turns what SQLite reports into an error that says what to do; other errors pass through. */
export function translateSqliteError(error: unknown, databasePath: string): unknown {
  if (!(error instanceof SqliteError)) return error;
  const details = { database: databasePath, sqlite: error.code };
  const primary = error.code.split('_').slice(0, 2).join('_');
  switch (primary) {
    case 'SQLITE_CORRUPT':
    case 'SQLITE_NOTADB':
      return corrupt(databasePath, error.message, error);
    case 'SQLITE_IOERR':
    case 'SQLITE_CANTOPEN':
      return new BangerError('state_corrupt', `the database ${databasePath} cannot be read: ${error.message}`, {
        remediation: 'Look for disk errors in the kernel log (dmesg) and at the permissions of the state directory.',
        details,
        cause: error,
      });
    case 'SQLITE_FULL':
      return new BangerError('disk_full', `no space is left for the database ${databasePath}`, {
        remediation: 'Free space on that file system; nothing of the database is lost.',
        details,
        cause: error,
      });
    case 'SQLITE_READONLY':
    case 'SQLITE_PERM':
      return new BangerError('permission_denied', `the database ${databasePath} cannot be written`, {
        remediation: 'Run the daemon as the owner of its state directory, on a file system that is mounted writable.',
        details,
        cause: error,
      });
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return new BangerError('internal', `another program holds a lock on the database ${databasePath}`, {
        remediation: `Close the program that writes to it (fuser ${databasePath} names it) and try again.`,
        details,
        cause: error,
      });
    default:
      return new BangerError('internal', `the database refused a statement: ${error.message}`, {
        details,
        cause: error,
      });
  }
}

/** The answer to a file that is no readable database of ours; nothing is ever deleted or repaired by itself. */
export function corrupt(databasePath: string, finding: string, cause?: unknown): BangerError {
  return new BangerError('state_corrupt', `the database ${databasePath} is damaged: ${finding}`, {
    remediation:
      `Nothing was changed. Move the file away, or put a backup in its place (${databasePath}.v*.bak where there is ` +
      'one), and start again: live VMs are found by their manifests.',
    details: { database: databasePath },
    ...(cause === undefined ? {} : { cause }),
  });
}
