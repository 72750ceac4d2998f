import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpOutputError } from './errors.ts';
import { parseDocuments, parseLinks, parseRoutes } from './parse.ts';

/** Output of iproute2 6.1 for a bridge with a TAP and a veth pair in a namespace. */
const fixture = readFileSync(new URL('../fixtures/ip-bridge-tap-veth.jsonl', import.meta.url), 'utf8');

describe('parsing ip -json', () => {
  const [links = [], addresses = [], routes = []] = parseDocuments(fixture);

  it('reads interfaces with kind, alias, master, peer and addresses', () => {
    const parsed = parseLinks(links, addresses);
    expect(parsed.map(({ name, kind, alias, master, peer }) => [name, kind, alias, master, peer])).toEqual([
      ['lo', undefined, undefined, undefined, undefined],
      ['br-demo', 'bridge', 'demo:bridge', undefined, undefined],
      ['demo-out', 'veth', 'demo:bridge', undefined, 'demo-in'],
      ['demo-in', 'veth', 'demo:bridge', 'br-demo', 'demo-out'],
      ['bt1a2b012345678', 'tun', 'demo:tap:1', 'br-demo', undefined],
    ]);
    expect(parsed.find(({ name }) => name === 'br-demo')).toMatchObject({
      mac: '2a:97:51:6c:35:4b',
      mtu: 1400,
      up: true,
      carrier: true,
      addresses: [{ family: 'inet', address: '10.231.0.1', prefixLength: 24 }],
    });
    expect(parsed.find(({ kind }) => kind === 'tun')).toMatchObject({ up: true, carrier: false });
  });

  it('reads routes, also those without a device', () => {
    const parsed = parseRoutes(routes);
    expect(parsed).toContainEqual({ destination: '10.231.0.0/24', device: 'br-demo', type: 'unicast' });
    expect(parsed).toContainEqual({ destination: '203.0.113.0/24', device: undefined, type: 'blackhole' });
  });

  it('takes an interface that came between the listings', () => {
    expect(parseLinks(links, []).every((link) => link.addresses.length === 0)).toBe(true);
  });

  it.each(['{', '{}', '[1', 'Error: x'])('refuses %s', (text) => {
    expect(() => parseDocuments(text)).toThrow(IpOutputError);
  });

  it('answers or throws IpOutputError for any JSON', () => {
    const mangled = fc.array(
      fc.record(
        {
          ifindex: fc.oneof(fc.nat(), fc.json()),
          ifname: fc.oneof(fc.string(), fc.nat()),
          mtu: fc.oneof(fc.nat(), fc.string()),
          flags: fc.oneof(fc.array(fc.constantFrom('UP', 'LOWER_UP', 'NO-CARRIER')), fc.string()),
          linkinfo: fc.oneof(fc.record({ info_kind: fc.oneof(fc.string(), fc.nat()) }), fc.string(), fc.constant(null)),
          addr_info: fc.oneof(
            fc.array(fc.oneof(fc.record({ family: fc.constant('inet'), local: fc.string() }), fc.nat())),
            fc.nat(),
          ),
          dst: fc.oneof(fc.string(), fc.nat()),
        },
        { requiredKeys: [] },
      ),
    );
    const read = (text: string): void => {
      const documents = parseDocuments(text);
      for (const document of documents) {
        parseLinks(document, document);
        parseRoutes(document);
      }
    };
    fc.assert(
      fc.property(
        fc.oneof(
          mangled.map((value) => JSON.stringify(value)),
          fc.json(),
          fc.string(),
        ),
        (text) => {
          try {
            read(text);
          } catch (error) {
            expect(error).toBeInstanceOf(IpOutputError);
          }
        },
      ),
      { seed: 3, numRuns: 500 },
    );
  });
});
