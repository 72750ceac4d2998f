import { FakeClock } from '@banger/testkit';
import { describe, expect, it } from 'vitest';
import type { HostFiles } from '../files.ts';
import { parseResolvConf, parseUpstream, Upstreams } from './upstreams.ts';

describe('parseUpstream', () => {
  it.each([
    ['192.0.2.1', { address: '192.0.2.1', port: 53 }],
    ['192.0.2.1:5353', { address: '192.0.2.1', port: 5353 }],
    ['2001:db8::1', { address: '2001:db8::1', port: 53 }],
    ['fe80::1%eth0', { address: 'fe80::1%eth0', port: 53 }],
    ['[2001:db8::1]:5353', { address: '2001:db8::1', port: 5353 }],
    ['192.0.2.1:0', undefined],
    ['192.0.2.1:65536', undefined],
    ['dns.example', undefined],
    ['', undefined],
  ])('%s', (text, expected) => {
    expect(parseUpstream(text)).toEqual(expected);
  });
});

describe('parseResolvConf', () => {
  it('takes up to three servers, and no other lines', () => {
    const text =
      '# nameserver 192.0.2.9\nsearch example\nnameserver 192.0.2.1\n nameserver\t::1 # x\nnameserver x\nnameserver 192.0.2.3\nnameserver 192.0.2.4';
    expect(parseResolvConf(text).map(({ address }) => address)).toEqual(['192.0.2.1', '::1', '192.0.2.3']);
  });

  it('falls back to the local server', () => {
    expect(parseResolvConf('options rotate\n')).toEqual([{ address: '127.0.0.1', port: 53 }]);
  });
});

describe('Upstreams', () => {
  const self = '10.231.0.1';
  function make(initial: string) {
    const clock = new FakeClock();
    const state = { text: initial, reads: 0 };
    const read = (): Promise<string> => {
      state.reads += 1;
      return Promise.resolve(state.text);
    };
    const upstreams = new Upstreams({ files: { read } as unknown as HostFiles, clock, self });
    const addresses = async () => (await upstreams.ordered()).map(({ address }) => address);
    return { clock, state, upstreams, addresses };
  }

  it('sees a change of resolv.conf within a second, and reads it no more often', async () => {
    const { clock, state, addresses } = make('nameserver 192.0.2.1');
    expect(await Promise.all([addresses(), addresses()])).toEqual([['192.0.2.1'], ['192.0.2.1']]);
    state.text = 'nameserver 192.0.2.2';
    expect(await addresses()).toEqual(['192.0.2.1']);
    expect(state.reads).toBe(1);
    await clock.advance(1000);
    expect(await addresses()).toEqual(['192.0.2.2']);
  });

  it('never asks itself', async () => {
    const { addresses } = make(`nameserver ${self}\nnameserver 192.0.2.1`);
    expect(await addresses()).toEqual(['192.0.2.1']);
    expect(await make(`nameserver ${self}`).addresses()).toEqual([]);
  });

  it('asks a silent server last, for a while', async () => {
    const { clock, upstreams, addresses } = make('nameserver 192.0.2.1\nnameserver 192.0.2.2');
    upstreams.demote({ address: '192.0.2.1', port: 53 });
    expect(await addresses()).toEqual(['192.0.2.2', '192.0.2.1']);
    await clock.advance(30_000);
    expect(await addresses()).toEqual(['192.0.2.1', '192.0.2.2']);
    upstreams.demote({ address: '192.0.2.1', port: 53 });
    upstreams.restore({ address: '192.0.2.1', port: 53 });
    expect(await addresses()).toEqual(['192.0.2.1', '192.0.2.2']);
  });
});
