import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './lines.ts';

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[^\r\n]{1,20}$/)), fc.integer({ min: 1, max: 7 }), (lines, size) => {
        const got: string[] = [];
        const splitter = new LineSplitter((line) => got.push(line));
        const bytes = Buffer.from(lines.join('\n').toWellFormed());
        for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
        splitter.end();
        expect(got).toEqual(lines.map((line) => line.toWellFormed()));
      }),
      { seed: 2 },
    );
  });

  it('delivers an endless line in pieces', () => {
    const got: string[] = [];
    const splitter = new LineSplitter((line) => got.push(line));
    for (let n = 0; n < 10; n += 1) splitter.push(Buffer.alloc(10_000, 'x'));
    expect(got.map((line) => line.length)).toEqual([70_000]);
  });
});
