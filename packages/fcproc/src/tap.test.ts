import { FakeRunner } from '@banger/testkit';
import { describe, expect, it } from 'vitest';
import { deleteBridge, deleteTap } from './delete.ts';
import { LinkConflictError } from './errors.ts';
import { parseDocuments, parseLinks } from './parse.ts';
import { attachTaps, createTap } from './tap.ts';

const tap = { name: 'bt0', alias: 'demo:tap:1', bridge: 'br-demo', mtu: 1400, noIpv6: true };
const LIST = ['ip', '-json'];
const BATCH = ['ip', '-batch'];
const CONFIGURE = 'link set dev bt0 alias demo:tap:1 mtu 1400 master br-demo addrgenmode none up\n';

/** What `ip` prints for interfaces given as a few fields. */
function listing(...links: readonly Record<string, unknown>[]): string {
  const full = links.map((fields, index) => ({ ifindex: index + 1, mtu: 1500, flags: [], addr_info: [], ...fields }));
  return `${JSON.stringify(full)}\n${JSON.stringify(full)}\n`;
}
const tun = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  ifname: 'bt0',
  linkinfo: { info_kind: 'tun' },
  ...fields,
});
const inputs = (runner: FakeRunner): unknown[] =>
  runner.calls.filter(({ argv }) => argv[1] === '-batch').map(({ options }) => options.input);

describe('createTap', () => {
  it('needs one privileged process', async () => {
    const runner = new FakeRunner().on(BATCH);
    await createTap(runner, tap);
    expect(runner.calls).toHaveLength(1);
    expect(runner.calls[0]?.options).toMatchObject({ privileged: true });
    expect(inputs(runner)).toEqual([`tuntap add dev bt0 mode tap\n${CONFIGURE}`]);
  });

  it.each([
    ['its own', tun({ ifalias: 'demo:tap:1', flags: ['UP'], master: 'br-demo' })],
    ['one that a broken creation left without alias', tun()],
  ])('takes %s when it exists', async (_name, existing) => {
    const runner = new FakeRunner().on(LIST, listing(existing)).once(BATCH, { exitCode: 1 }).on(BATCH);
    await createTap(runner, tap);
    expect(inputs(runner).at(-1)).toBe(CONFIGURE);
  });

  it.each([
    ['another owner', tun({ ifalias: 'other:tap:1' })],
    ['no owner, in use', tun({ flags: ['UP'] })],
    ['no owner, on a bridge', tun({ master: 'br-other' })],
    ['another kind', { ifname: 'bt0', ifalias: 'demo:tap:1', linkinfo: { info_kind: 'veth' } }],
  ])('leaves an interface of %s alone', async (_name, existing) => {
    const runner = new FakeRunner().on(LIST, listing(existing)).on(BATCH, { exitCode: 1 });
    await expect(createTap(runner, tap)).rejects.toThrow(LinkConflictError);
    expect(inputs(runner)).toHaveLength(1);
  });

  it('passes on a failure that has another reason', async () => {
    const runner = new FakeRunner()
      .on(LIST, listing())
      .on(BATCH, { exitCode: 1, stderr: 'Cannot find device "br-demo"' });
    await expect(createTap(runner, tap)).rejects.toMatchObject({ name: 'CommandError', exitCode: 1 });
  });

  it('does nothing when aborted before', async () => {
    const runner = new FakeRunner();
    await expect(createTap(runner, tap, { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(runner.calls).toEqual([]);
  });
});

describe('attachTaps', () => {
  it.each<[string, Record<string, unknown>, unknown[]]>([
    ['mends one without bridge', tun({ ifalias: 'demo:tap:1', flags: ['UP'] }), [CONFIGURE]],
    ['mends one that is down', tun({ ifalias: 'demo:tap:1', master: 'br-demo' }), [CONFIGURE]],
    ['runs nothing when all is well', tun({ ifalias: 'demo:tap:1', master: 'br-demo', flags: ['UP'] }), []],
    ['leaves one of another owner alone', tun({ ifalias: 'other:tap:1' }), []],
  ])('%s', async (_name, existing, expected) => {
    const runner = new FakeRunner().on(BATCH);
    const [links = [], addresses = []] = parseDocuments(listing(existing));
    await attachTaps(runner, [tap, { ...tap, name: 'bt1' }], { links: parseLinks(links, addresses) });
    expect(inputs(runner)).toEqual(expected);
  });
});

describe('deleteTap and deleteBridge', () => {
  it.each([
    ['gone', listing()],
    ['of another owner', listing(tun({ ifalias: 'other:tap:1' }))],
    ['without alias', listing(tun())],
  ])('run nothing when the interface is %s', async (_name, list) => {
    const runner = new FakeRunner().on(LIST, list);
    await deleteTap(runner, tap);
    expect(inputs(runner)).toEqual([]);
  });

  it('remove a veth pair by one end, then the bridge', async () => {
    const alias = 'demo:bridge';
    const runner = new FakeRunner()
      .on(BATCH)
      .on(
        LIST,
        listing(
          { ifname: 'demo-out', ifalias: alias, link: 'demo-in', linkinfo: { info_kind: 'veth' } },
          { ifname: 'demo-in', ifalias: alias, link: 'demo-out', linkinfo: { info_kind: 'veth' } },
          { ifname: 'br-demo', ifalias: alias, linkinfo: { info_kind: 'bridge' } },
          { ifname: 'br-other', ifalias: 'other:bridge', linkinfo: { info_kind: 'bridge' } },
        ),
      );
    await deleteBridge(runner, { name: 'br-demo', alias, carrier: { member: 'demo-in', peer: 'demo-out' } });
    expect(inputs(runner)).toEqual(['link del dev demo-in\nlink del dev br-demo\n']);
  });

  it('are fine when somebody else was faster', async () => {
    const runner = new FakeRunner()
      .once(LIST, listing(tun({ ifalias: 'demo:tap:1' })))
      .on(BATCH, { exitCode: 1 })
      .on(LIST, listing());
    await deleteTap(runner, tap);
    expect(inputs(runner)).toHaveLength(1);
  });

  it('try until the deadline and then say why', async () => {
    const runner = new FakeRunner()
      .on(LIST, listing(tun({ ifalias: 'demo:tap:1' })))
      .on(BATCH, { exitCode: 1, stderr: 'RTNETLINK answers: Device or resource busy' });
    await expect(deleteTap(runner, tap, { timeoutMs: 20 })).rejects.toThrow('busy');
    expect(inputs(runner).length).toBeGreaterThan(1);
  });
});
