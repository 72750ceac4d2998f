import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const inRepository = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The built programs, as an installed package carries them. */
export const programs = {
  banger: inRepository('packages/banger/bin/banger'),
  bangerd: inRepository('packages/banger/bin/bangerd'),
  /** The Node.js that the launchers of both start. */
  node: () => realpathSync(inRepository('packages/banger/node_modules/node/bin/node')),
} as const;

export const repository = inRepository('.');
