import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorld, run, succeed, type TestDaemon, type World } from './support/daemon.ts';
import { exec } from './support/exec.ts';

describe('the life of a real VM', () => {
  let world: World;
  let daemon: TestDaemon;
  let before: Awaited<ReturnType<World['census']['take']>>;

  beforeAll(async () => {
    world = await makeWorld();
    before = await world.census.take();
    daemon = await world.start();
    await succeed(daemon.client, 'vm.create', { image: 'debian', name: 'web' });
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    expect(await world.census.differenceTo(before)).toBe('');
  });

  it('runs commands, with their streams apart and their exit status', async () => {
    const out = await exec(daemon.client, 'web', ['sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect(out).toEqual({ status: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  it('hands input, environment, working directory and odd arguments through', async () => {
    expect((await exec(daemon.client, 'web', ['cat'], {}, 'line\n')).stdout).toBe('line\n');
    expect(
      (await exec(daemon.client, 'web', ['sh', '-c', 'echo "$A|$PWD"'], { env: { A: "it's $HOME" }, workdir: '/tmp' }))
        .stdout,
    ).toBe("it's $HOME|/tmp\n");
    expect((await exec(daemon.client, 'web', ['printf', '%s|', 'a b', '', "'", '$(id)'])).stdout).toBe("a b||'|$(id)|");
  });

  it('has its name, a work disk at /root, its address and a resolver', async () => {
    expect((await exec(daemon.client, 'web', ['hostname'])).stdout).toBe('web\n');
    expect((await exec(daemon.client, 'web', ['findmnt', '-no', 'FSTYPE', '/root'])).stdout).toBe('ext4\n');
    const { guestIp } = await daemon.client.call('vm.show', { vm: 'web' });
    expect((await exec(daemon.client, 'web', ['ip', '-o', '-4', 'addr'])).stdout).toContain(`${guestIp}/24`);
    expect((await exec(daemon.client, 'web', ['cat', '/etc/resolv.conf'])).stdout).toMatch(
      /^nameserver 10\.\d+\.\d+\.1$/m,
    );
  });

  it('is listed and shown with the times of its boot', async () => {
    const { vms } = await daemon.client.call('vm.list', {});
    expect(vms).toMatchObject([{ name: 'web', state: 'running', image: 'debian:13' }]);
    const shown = await daemon.client.call('vm.show', { vm: vms[0]?.id.slice(0, 6) ?? '' });
    expect(shown.boot.map(({ name, state }) => [name, state])).toEqual([
      ['disks', 'done'],
      ['network', 'done'],
      ['boot', 'done'],
      ['guest', 'done'],
    ]);
    expect(await readFile(`/proc/${shown.pid}/comm`, 'utf8')).toMatch(/^qemu/);
  });

  it('keeps its files over stop and start, and its image cannot go meanwhile', async () => {
    await exec(daemon.client, 'web', ['sh', '-c', 'echo kept > /root/file; echo kept > /etc/kept; sync']);
    await succeed(daemon.client, 'vm.stop', { vm: 'web', graceMs: 180_000 });
    const stopped = await daemon.client.call('vm.show', { vm: 'web' });
    expect(stopped).toMatchObject({ state: 'stopped', stateReason: 'guest shut down', pid: null });
    await expect(exec(daemon.client, 'web', ['true'])).rejects.toMatchObject({ code: 'vm_wrong_state' });
    await expect(daemon.client.call('image.delete', { image: 'debian' })).rejects.toMatchObject({
      code: 'image_in_use',
    });
    await succeed(daemon.client, 'vm.start', { vm: 'web' });
    expect((await exec(daemon.client, 'web', ['cat', '/root/file', '/etc/kept'])).stdout).toBe('kept\nkept\n');
  });

  it('a daemon that was killed finds it alive again', async () => {
    const { pid } = await daemon.client.call('vm.show', { vm: 'web' });
    await daemon.kill();
    daemon = await world.start();
    expect(await daemon.client.call('vm.show', { vm: 'web' })).toMatchObject({ state: 'running', pid });
    expect((await exec(daemon.client, 'web', ['echo', 'still here'])).stdout).toBe('still here\n');
  });

  it('notices within a second when its VMM is killed', async () => {
    const { pid } = await daemon.client.call('vm.show', { vm: 'web' });
    if (pid === null) throw new Error('it does not run');
    process.kill(pid, 'SIGKILL');
    await expect
      .poll(() => daemon.client.call('vm.show', { vm: 'web' }), { timeout: 5000, interval: 50 })
      .toMatchObject({ state: 'stopped', stateReason: expect.stringContaining('killed') });
    await succeed(daemon.client, 'vm.start', { vm: 'web' });
  });

  it('restarts, is killed and goes, and says no to what makes no sense', async () => {
    expect(await run(daemon.client, 'vm.start', { vm: 'web' })).toMatchObject({
      state: 'failed',
      error: { code: 'vm_wrong_state' },
    });
    await succeed(daemon.client, 'vm.restart', { vm: 'web', graceMs: 180_000 });
    expect((await exec(daemon.client, 'web', ['true'])).status).toBe(0);
    await succeed(daemon.client, 'vm.kill', { vm: 'web' });
    expect(await daemon.client.call('vm.show', { vm: 'web' })).toMatchObject({
      state: 'stopped',
      stateReason: 'killed by request',
    });
    await succeed(daemon.client, 'vm.delete', { vm: 'web' });
    await expect(daemon.client.call('vm.show', { vm: 'web' })).rejects.toMatchObject({ code: 'vm_not_found' });
  });
});
