import { expect, it } from 'vitest';
import { measurementIds, readOptions } from './options.ts';

it('measures everything unless told', () => {
  expect(readOptions([])).toEqual({ only: new Set(measurementIds), quick: false, write: false, help: false });
  expect([...readOptions(['--only', 'rpc,list', '--only', 'exec', '--quick']).only]).toEqual(['rpc', 'list', 'exec']);
});

it('refuses what is not there, and to record half of it', () => {
  expect(() => readOptions(['--only', 'speed'])).toThrow('there are footprint, rpc');
  expect(() => readOptions(['--write', '--quick'])).toThrow('complete');
  expect(() => readOptions(['--write', '--only', 'rpc'])).toThrow('complete');
  expect(() => readOptions(['speed'])).toThrow();
});
