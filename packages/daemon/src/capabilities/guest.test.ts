import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GuestAddress, Guests } from '../guest/port.ts';
import { guestCapability } from './guest.ts';
import { FakeMachine, FakeMachines, Host, image, never, only, Steps, vm } from './testing.ts';

/** A guest that answers as it is told. */
class FakeGuests implements Guests {
  readonly log: string[] = [];
  readonly ready = Promise.withResolvers<void>();
  /** Whether the guest takes the request; a promise that never settles stands for one that is silent. */
  answer: () => Promise<boolean> = () => Promise.resolve(true);

  async waitReady({ host, port, hostPublicKey }: GuestAddress, signal: AbortSignal): Promise<void> {
    this.log.push(`wait for ${host}:${port} ${hostPublicKey}`);
    signal.throwIfAborted();
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
    await Promise.race([this.ready.promise, aborted]);
  }
  exec(): Promise<never> {
    return Promise.reject(new Error('not here'));
  }
  requestPowerOff({ host }: GuestAddress): Promise<boolean> {
    this.log.push(`ask ${host}`);
    return this.answer();
  }
  disconnect(vmId: string): void {
    this.log.push(`disconnect ${vmId}`);
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

let host: Host;
let guests: FakeGuests;
let machine: FakeMachine;
let machines: FakeMachines;
beforeEach(() => {
  host = new Host();
  mkdirSync(host.files.directory, { recursive: true });
  writeFileSync(host.files.hostKeyPublic, 'ssh-ed25519 HOST\n');
  guests = new FakeGuests();
  machine = new FakeMachine();
  machines = new FakeMachines();
  machines.attach(vm.id, machine);
});
afterEach(() => host[Symbol.dispose]());

const make = (readyTimeoutMs = 10_000) => guestCapability({ guests, machines, filesOf: host.filesOf, readyTimeoutMs });

describe('a guest that boots', () => {
  const boot = (readyTimeoutMs?: number, signal?: AbortSignal) => {
    const capability = make(readyTimeoutMs);
    return new Steps(capability).do(only(capability.start?.({ vm, image })), signal);
  };

  it('is ready when it answers; what is left of an earlier boot is no answer', async () => {
    guests.ready.resolve();
    expect(await boot()).toBeNull();
    expect(guests.log).toEqual([`disconnect ${vm.id}`, `wait for ${vm.guestIp}:22 ssh-ed25519 HOST`]);
  });

  it('is given up at once when its VMM ends, with what its console said', async () => {
    writeFileSync(host.files.consoleLog, `${'old\n'.repeat(50)}Kernel panic\n`);
    const booting = boot();
    machine.end('the guest panicked');
    await expect(booting).rejects.toMatchObject({
      code: 'vm_died',
      message: 'the VM ended while it booted: the guest panicked',
      details: { lastLines: [...Array<string>(9).fill('old'), 'Kernel panic'] },
    });
  });

  it('is given up at its deadline', async () => {
    await expect(boot(20)).rejects.toMatchObject({
      code: 'guest_unreachable',
      message: 'the guest did not answer within 0.02 s',
      remediation: expect.stringContaining('limits.boot_timeout'),
      details: { lastLines: [] },
    });
  });

  it('is left with the reason of a cancel', async () => {
    const cancelled = new AbortController();
    const booting = boot(10_000, cancelled.signal);
    cancelled.abort(new Error('vm.kill took its place'));
    await expect(booting).rejects.toThrow('vm.kill took its place');
  });

  it('has a failure of its own told as it is', async () => {
    guests.waitReady = () => Promise.reject(new Error('another host key'));
    await expect(boot()).rejects.toThrow('another host key');
  });

  it('is disconnected when its start is undone', async () => {
    const capability = make();
    await new Steps(capability).undo(only(capability.start?.({ vm, image })));
    expect(guests.log).toEqual([`disconnect ${vm.id}`]);
  });

  it('has its own deadline and not that of a step', () => {
    const capability = make(600_000);
    const step = only(capability.start?.({ vm, image }));
    expect(new Steps(capability).type(step).timeoutMs?.(step.intent)).toBeGreaterThan(600_000);
  });
});

describe('a guest that is asked to shut down', () => {
  const stop = (graceMs: number | null, signal: AbortSignal = never) => {
    const capability = make();
    return new Steps(capability).do(only(capability.stop?.({ vm, graceMs })), signal);
  };

  it('does so within its grace', async () => {
    guests.answer = () => {
      machine.end('guest powered off');
      return Promise.resolve(true);
    };
    expect(await stop(10_000)).toEqual({ outcome: 'guest shut down' });
    expect(guests.log).toEqual([`ask ${vm.guestIp}`, `disconnect ${vm.id}`]);
    expect(machine.log).toEqual([]);
  });

  it('may end before it has answered', async () => {
    guests.answer = () => new Promise(() => {});
    const stopping = stop(10_000);
    machine.end('guest powered off');
    expect(await stopping).toEqual({ outcome: 'guest shut down' });
  });

  it.each([
    ['refuses', () => Promise.resolve(false)],
    ['cannot be asked', () => Promise.reject(new Error('no answer'))],
  ])('has its power button pressed when it %s', async (_name, answer) => {
    guests.answer = answer;
    machine.onPowerButton = () => {
      machine.end('guest powered off');
      return true;
    };
    expect(await stop(10_000)).toEqual({ outcome: 'guest shut down' });
    expect(machine.log).toEqual(['power button']);
  });

  it('is not waited for when it cannot be asked at all', async () => {
    guests.answer = () => Promise.resolve(false);
    expect(await stop(60_000)).toEqual({ outcome: 'killed, since it could not be asked to shut down' });
  });

  it.each([
    ['takes the request', () => Promise.resolve(true)],
    ['is silent', () => new Promise<boolean>(() => {})],
  ])('is given up after its grace when it %s and goes on', async (_name, answer) => {
    guests.answer = answer;
    expect(await stop(20)).toEqual({ outcome: 'killed after its grace' });
    expect(guests.log.at(-1)).toBe(`disconnect ${vm.id}`);
  });

  it('has no grace of zero', async () => {
    guests.answer = () => delay(1000, true);
    expect(await stop(0)).toEqual({ outcome: 'killed after its grace' });
  });

  it('is left with the reason of a cancel', async () => {
    guests.answer = () => new Promise(() => {});
    const cancelled = new AbortController();
    const stopping = stop(10_000, cancelled.signal);
    cancelled.abort(new Error('vm.kill took its place'));
    await expect(stopping).rejects.toThrow('vm.kill took its place');
    expect(guests.log).toEqual([`ask ${vm.guestIp}`]);
  });

  it('is not waited for when the stop was cancelled before', async () => {
    guests.answer = () => new Promise(() => {});
    await expect(stop(10_000, AbortSignal.abort(new Error('cancelled')))).rejects.toThrow('cancelled');
  });

  it('is not asked when it does not run', async () => {
    machines.detach(vm.id);
    expect(await stop(10_000)).toEqual({ outcome: 'was not running' });
    expect(guests.log).toEqual([]);
  });

  it('without a grace only loses its connection, so that commands end at once', async () => {
    expect(await stop(null)).toBeNull();
    expect(guests.log).toEqual([`disconnect ${vm.id}`]);
  });
});
