export type * from './identity.ts';
export type * from './outlive.ts';
export type * from './runner.ts';
