import type { ToolFailure } from '../run-tool.ts';

export interface AskedFor {
  readonly suite: string;
  readonly mirror: string;
}

interface Pattern {
  readonly line: RegExp;
  readonly failure: (found: RegExpExecArray, asked: AskedFor) => ToolFailure;
}

// The first that fits wins: a full disk makes everything after it fail too. Lines as apt 2.6 to 3.0 print them, LC_ALL=C.
const patterns: readonly Pattern[] = [
  {
    line: /No space left on device/,
    failure: () => ({
      code: 'disk_full',
      message: 'the disk is full: the image could not be built',
      remediation: 'Free at least 1.2 GiB where images are kept, and try again.',
    }),
  },
  {
    line: /NO_PUBKEY|EXPKEYSIG|BADSIG|KEYEXPIRED/,
    failure: (_found, { mirror }) => ({
      code: 'tool_failed',
      message: `the packages of ${mirror} are not signed by a key that this host trusts`,
      remediation: 'Update the package debian-archive-keyring, or choose another mirror.',
    }),
  },
  {
    line: /^E: Failed to fetch (\S+)\s+(?:Could not resolve|Could not connect|Connection (?:failed|timed out)|Temporary failure)(.*)/,
    failure: ([, url = '', why = '']) => ({
      code: 'network',
      message: `the mirror cannot be reached: ${new URL(url).host}${why.length > 0 ? ` (${why.trim()})` : ''}`,
      remediation: 'Check the network and the name of the mirror, or choose another one.',
    }),
  },
  {
    line: /^E: Failed to fetch (\S+)\s+(\d{3})\s+(.*?)(?: \[IP.*)?$/,
    failure: ([, url = '', status = '', text = '']) => ({
      code: 'network',
      message: `the mirror answered ${status} ${text} for ${url}`,
      remediation: 'Check the URL of the mirror, or choose another one.',
    }),
  },
  {
    line: /^E: The repository '.*' does not have a Release file/,
    failure: (_found, { suite, mirror }) => ({
      code: 'suite_unknown',
      message: `the mirror ${mirror} has no release called ${suite}`,
      remediation: 'Choose another release, or another mirror.',
    }),
  },
  {
    line: /^E: Unable to locate package (\S+)/,
    failure: ([, name = ''], { suite }) => ({
      code: 'invalid',
      message: `Debian ${suite} has no package called ${name}`,
    }),
  },
];

/** The reason of a failed build in what mmdebstrap, apt and tar printed; undefined when it is none of the known ones. */
export function classifyMmdebstrap(lines: readonly string[], asked: AskedFor): ToolFailure | undefined {
  for (const { line, failure } of patterns) {
    for (const text of lines) {
      const found = line.exec(text);
      if (found) return failure(found, asked);
    }
  }
  return undefined;
}
