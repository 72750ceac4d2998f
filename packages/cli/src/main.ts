import manifest from '../package.json' with { type: 'json' };
import { processIo } from './process-io.ts';
import { runProgram } from './program.ts';

const io = processIo(process, process.env);
const status = await runProgram(process.argv.slice(2), io, manifest.version);
process.exitCode = status;
// A write that nobody takes would hold the process for ever: the signal that made us leave ends it.
if (io.stdout.busy || io.stderr.busy) process.kill(process.pid, status > 128 ? status - 128 : 'SIGTERM');
