import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mmdebstrapArguments } from './mmdebstrap-arguments.ts';
import { classifyMmdebstrap } from './mmdebstrap-failure.ts';
import { MmdebstrapProgress } from './mmdebstrap-output.ts';
import { defaultPackages, sourceLines } from './release.ts';

function fixture(name: string): string[] {
  return readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), 'utf8').split('\n');
}

describe('classifyMmdebstrap', () => {
  const asked = { suite: 'nosuch', mirror: 'http://deb.debian.org/debian' };
  it.each([
    ['unknown-host', 'network', /cannot be reached: mirror\.invalid/],
    ['refused', 'network', /cannot be reached: 127\.0\.0\.1:9 .*refused/],
    ['no-mirror-there', 'network', /answered 400 Bad Request for http:\/\/deb.debian.org\/nothing/],
    ['unknown-suite', 'suite_unknown', /has no release called nosuch/],
    ['disk-full', 'disk_full', /the disk is full/],
    ['disk-full-unpacking', 'disk_full', /the disk is full/],
    ['no-such-package', 'invalid', /no package called no-such-package-here/],
    ['bad-signature', 'tool_failed', /not signed by a key that this host trusts/],
  ])('knows %s', (name, code, message) => {
    const failure = classifyMmdebstrap(fixture(name), asked);
    expect(failure?.code).toBe(code);
    expect(failure?.message).toMatch(message);
  });

  it('does not guess', () => {
    expect(classifyMmdebstrap(['E: mmdebstrap failed to run'], asked)).toBeUndefined();
  });
});

describe('MmdebstrapProgress', () => {
  it('counts what is downloaded and installed, and never goes back within a message', () => {
    const progress = new MmdebstrapProgress();
    const seen = fixture('success').flatMap((line) => progress.line(line) ?? []);
    const messages = seen.map(({ message }) => message.replace(/ \(.*/, ''));
    const phases = messages.filter((message, index) => message !== messages[index - 1]);
    expect(phases).toEqual([
      'reading package lists',
      'downloading packages',
      'extracting the essential packages',
      'installing packages',
      'downloading packages',
      'installing packages',
      'adding the kernel',
      'tidying up',
    ]);
    const rounds = seen.filter(({ fraction }) => fraction === 1).map(({ message }) => message);
    expect(rounds).toEqual([
      'downloading packages (59 of 59)',
      'installing packages (59 of 59)',
      'downloading packages (105 of 105)',
      'installing packages (105 of 105)',
    ]);
    expect(seen.every(({ fraction }) => fraction === null || (fraction > 0 && fraction <= 1))).toBe(true);
  });
});

describe('mmdebstrapArguments', () => {
  const spec = {
    suite: 'trixie',
    mirror: 'http://deb.debian.org/debian/',
    packages: defaultPackages,
    treePath: '/images/build/tree',
    hookPath: '/images/build/customize.sh',
    aptOptions: ['Acquire::http::Proxy "http://proxy:3142"'],
  };

  it('asks for the release, its updates and security updates', () => {
    const argv = mmdebstrapArguments(spec);
    expect(argv.slice(-5)).toEqual([
      'trixie',
      '/images/build/tree',
      'deb http://deb.debian.org/debian trixie main',
      'deb http://deb.debian.org/debian trixie-updates main',
      'deb http://deb.debian.org/debian-security trixie-security main',
    ]);
    expect(argv).toContain('--aptopt=Acquire::http::Proxy "http://proxy:3142"');
  });

  it("takes security updates from Debian's own host where the mirror has a name of its own", () => {
    expect(sourceLines('trixie', 'http://mirror.example/pub/deb')[2]).toBe(
      'deb http://deb.debian.org/debian-security trixie-security main',
    );
  });

  it.each([
    ['suite', { suite: '--help' }],
    ['mirror', { mirror: 'http://x y' }],
    ['mirror', { mirror: '[trusted=yes] http://x' }],
    ['package', { packages: ['git', '-o'] }],
    ['path', { hookPath: '/tmp/a; reboot' }],
  ])('refuses a bad %s', (what, change) => {
    expect(() => mmdebstrapArguments({ ...spec, ...change })).toThrow(`cannot build an image from: ${what}`);
  });
});
