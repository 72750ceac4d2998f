import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('main.ts', import.meta.url));

function bangerd(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const argv = ['--conditions=source', '--disable-warning=ExperimentalWarning', program, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, (error, stdout, stderr) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

it('says what it is and how it is used', async () => {
  const [version, help] = await Promise.all([bangerd('--version'), bangerd('--help')]);
  expect(version).toMatchObject({ status: 0, stdout: expect.stringMatching(/^bangerd \d/) });
  expect(help).toMatchObject({ status: 0, stdout: expect.stringContaining('bangerd [--config FILE]') });
});

it('refuses what it does not know, in words and without a stack', async () => {
  const [flag, level] = await Promise.all([bangerd('--flag'), bangerd('--log-level', 'loud')]);
  expect(flag.status).toBe(1);
  expect(flag.stderr).toMatch(/^bangerd: .*--flag/);
  expect(flag.stderr).toContain('bangerd --version');
  expect(level.stderr).toBe(
    'bangerd: --log-level loud: there is no such level\nUse one of trace, debug, info, warn, error, fatal, silent.\n',
  );
});

it('says which key of its configuration is wrong, and what it cannot use', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'banger-main-'));
  try {
    const config = join(directory, 'config.toml');
    writeFileSync(config, 'run_dri = "/run"\n');
    const file = join(directory, 'file');
    writeFileSync(file, '');
    const [wrong, unusable] = await Promise.all([
      bangerd('--config', config),
      bangerd('--state-dir', join(file, 'state'), '--run-dir', directory),
    ]);
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain('run_dri');
    expect(unusable.status).toBe(1);
    expect(unusable.stderr).toMatch(/^bangerd: .*directories cannot be made/);
    expect(unusable.stderr).not.toContain('    at ');
  } finally {
    rmSync(directory, { recursive: true });
  }
});
