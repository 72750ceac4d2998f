import { expect, it } from 'vitest';
import { freeName } from './names.ts';

it('is a friendly name that the wire takes', () => {
  for (let n = 0; n < 200; n += 1) expect(freeName(() => false)).toMatch(/^[a-z]+-[a-z]+$/);
});

it('is one that is free, with a number when the short ones are taken', () => {
  let asked = 0;
  const name = freeName(() => {
    asked += 1;
    return asked <= 20;
  });
  expect(asked).toBe(21);
  expect(name).toMatch(/^[a-z]+-[a-z]+-\d{1,4}$/);
});
