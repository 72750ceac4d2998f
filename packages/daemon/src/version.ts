import manifest from '../package.json' with { type: 'json' };

/** Of this package, from its package.json. */
export const version: string = manifest.version;
