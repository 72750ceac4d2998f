import { CommandError } from '@banger/system';
import { FakeRunner } from '@banger/testkit';
import { describe, expect, it } from 'vitest';
import { aptProxyOptions } from './debian/apt-proxy.ts';
import { classifyMkfs } from './ext4.ts';
import { runTool } from './run-tool.ts';

describe('runTool', () => {
  it('names the package of a tool that is missing', async () => {
    const runner = new FakeRunner().on(
      ['lz4'],
      new CommandError({ argv: ['lz4'], summary: 'not found', notFound: true }),
    );
    await expect(runTool(runner, ['lz4'], { what: 'unpacking' })).rejects.toMatchObject({
      code: 'tool_missing',
      remediation: 'Install the package lz4.',
    });
  });

  it('keeps the last lines of a tool that failed, and the reason that they give', async () => {
    const runner = new FakeRunner().on(['mkfs.ext4'], {
      exitCode: 1,
      stderr: 'mkfs.ext4: Could not allocate block in ext2 filesystem while populating file system\n',
    });
    await expect(runTool(runner, ['mkfs.ext4'], { what: 'making it', classify: classifyMkfs })).rejects.toMatchObject({
      code: 'disk_full',
      details: { lastLines: ['mkfs.ext4: Could not allocate block in ext2 filesystem while populating file system'] },
    });
    await expect(runTool(runner, ['mkfs.ext4'], { what: 'making it' })).rejects.toMatchObject({ code: 'tool_failed' });
  });

  it('throws the reason of an abort', async () => {
    const signal = AbortSignal.abort(new Error('stopped by the user'));
    await expect(runTool(new FakeRunner(), ['true'], { what: 'waiting', signal })).rejects.toThrow(
      'stopped by the user',
    );
  });
});

describe('aptProxyOptions', () => {
  it("takes the host's proxies and nothing else", async () => {
    const stdout = 'Acquire::http::Proxy=http://proxy:3142\nAcquire::https::Proxy=\nAcquire::http::Proxy::x=DIRECT\n';
    const runner = new FakeRunner().on(['apt-config'], stdout);
    expect(await aptProxyOptions(runner)).toEqual(['Acquire::http::Proxy "http://proxy:3142"']);
  });
});
