/** A daemon's program for tests of `banger daemon` and `banger doctor`; FAKE_BANGERD says what is wrong with it. */
import { parseArgs } from 'node:util';
import { FakeDaemon } from './fake-daemon.ts';
import { sampleStatus } from './samples.ts';

const string = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    config: string,
    socket: string,
    'state-dir': string,
    'run-dir': string,
    'log-level': string,
    doctor: { type: 'boolean' },
    json: { type: 'boolean' },
  },
});
const behaviour = process.env['FAKE_BANGERD'];

if (behaviour === 'broken') {
  process.stderr.write('{"level":50,"msg":"cannot open the database"}\nbangerd: \u001B[31mno way\n');
  process.exitCode = 3;
} else if (values.doctor === true) {
  process.stdout.write(
    JSON.stringify({
      ok: behaviour !== 'unwell',
      findings: [
        { check: 'qemu', level: 'ok', message: `found, ${JSON.stringify(values)}`, remediation: null },
        { check: 'kvm', level: behaviour === 'unwell' ? 'error' : 'note', message: 'no KVM', remediation: 'Get it.' },
      ],
    }),
  );
} else {
  const socketPath = values.socket ?? '';
  const daemon = await FakeDaemon.startAt(socketPath, {
    'daemon.status': () => sampleStatus({ pid: process.pid, socket: socketPath }),
    'daemon.stop': () => {
      setTimeout(() => void daemon.die(), 50);
      return { pid: process.pid };
    },
  });
  process.stdout.write('{"level":30,"msg":"listening"}\n');
  process.on('SIGTERM', () => void daemon.die());
}
