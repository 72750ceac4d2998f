import type { Argv } from '@banger/system';
import { ImageError } from '../errors.ts';
import { sourceLines } from './release.ts';

export interface BootstrapSpec {
  /** Code name, `trixie`. */
  readonly suite: string;
  readonly mirror: string;
  readonly packages: readonly string[];
  /** Made by mmdebstrap; must not exist. */
  readonly treePath: string;
  /** An executable that mmdebstrap runs with the tree's path as its last act. */
  readonly hookPath: string;
  /** Options for apt while the image is built (a proxy of the host); the hook keeps them out of the image. */
  readonly aptOptions: readonly string[];
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * The command line of mmdebstrap.
 * @throws ImageError `invalid`
 */
export function mmdebstrapArguments(spec: BootstrapSpec): Argv {
  checkSpec(spec);
  const { suite, mirror, packages, treePath, hookPath, aptOptions } = spec;
  return [
    'mmdebstrap',
    ...['--mode=root', '--format=directory', '--variant=minbase'],
    // Its progress bar is for terminals; what apt and dpkg say can be counted.
    '--verbose',
    // Named, so that Debian is verified on every distribution that has the keyring.
    `--keyring=${KEYRING}`,
    `--include=${packages.join(',')}`,
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=Acquire::Retries "3"',
    ...aptOptions.map((option) => `--aptopt=${option}`),
    // A crash ends the build anyway: nothing has to reach the disk before its end.
    '--dpkgopt=force-unsafe-io',
    '--dpkgopt=path-exclude=/usr/share/locale/*',
    '--dpkgopt=path-exclude=/usr/share/doc/*',
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
    `--customize-hook=${hookPath}`,
    suite,
    treePath,
    ...sourceLines(suite, mirror),
  ];
}

// mmdebstrap hands a hook that has other characters to a shell.
const safePath = /^\/[\w@%+=:,./-]+$/;

function checkSpec({ suite, mirror, packages, treePath, hookPath }: BootstrapSpec): void {
  const broken = [
    ...(/^[a-z][a-z\d-]{0,31}$/.test(suite) ? [] : [`suite ${suite}`]),
    ...(isMirror(mirror) ? [] : [`mirror ${mirror}`]),
    ...packages.filter((name) => !/^[a-z\d][a-z\d+.-]+$/.test(name)).map((name) => `package ${name}`),
    ...[treePath, hookPath].filter((path) => !safePath.test(path)).map((path) => `path ${path}`),
  ];
  if (broken.length > 0) throw new ImageError('invalid', `cannot build an image from: ${broken.join(', ')}`);
}

function isMirror(text: string): boolean {
  return URL.canParse(text) && /^(https?|file):$/.test(new URL(text).protocol) && !/[\s[\]]/.test(text);
}
