import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database, { SqliteError } from 'better-sqlite3';
import { BangerError } from '../errors.ts';
import { lockHolderPid } from './lock-holder.ts';
import { translateSqliteError } from './sqlite-error.ts';

/** Held for as long as the daemon lives; the kernel drops it when the process dies, however it dies. */
export interface StateLock extends Disposable {
  /** Fine when it was released already. */
  release(): void;
}

/**
 * Makes this process the only daemon of the directory that holds `lockPath`, through an exclusive SQLite lock on that
 * file (which stays empty). Nothing else in this process may open the file: closing any descriptor of it would drop
 * the lock, see fcntl_locking(2).
 * @throws BangerError daemon_already_running, permission_denied
 */
export function acquireStateLock(lockPath: string): StateLock {
  ensureFile(lockPath);
  let database: Database.Database | undefined;
  try {
    database = new Database(lockPath, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (error instanceof SqliteError && error.code === 'SQLITE_BUSY') throw alreadyRunning(lockPath, error);
    throw translateSqliteError(error, lockPath);
  }
  const held = database;
  const release = (): void => void held.close();
  return { release, [Symbol.dispose]: release };
}

function ensureFile(lockPath: string): void {
  try {
    mkdirSync(dirname(lockPath), { recursive: true, mode: 0o700 });
    // `wx`: an existing file is not opened, another daemon of this process may hold it.
    closeSync(openSync(lockPath, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new BangerError(
      'permission_denied',
      `the state directory ${dirname(lockPath)} cannot be used: ${String(error)}`,
      {
        remediation: 'Run the daemon as a user who may write to its state directory, or set another one (state_dir).',
        cause: error,
      },
    );
  }
}

function alreadyRunning(lockPath: string, cause: unknown): BangerError {
  const stateDir = dirname(lockPath);
  const pid = lockHolderPid(lockPath);
  const who = pid === undefined ? 'another daemon' : `another daemon (pid ${pid})`;
  return new BangerError('daemon_already_running', `${who} uses the state directory ${stateDir}`, {
    remediation: 'Use that daemon, stop it first (banger daemon stop), or give this one a state directory of its own.',
    details: { stateDir, ...(pid === undefined ? {} : { pid }) },
    cause,
  });
}
