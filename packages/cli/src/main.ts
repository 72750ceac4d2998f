import manifest from '../package.json' with { type: 'json' };
import { processIo } from './process-io.ts';
import { runProgram } from './program.ts';

process.exitCode = await runProgram(process.argv.slice(2), processIo(process, process.env), manifest.version);
