/** `npm run quickstart`: from a fresh checkout to a command that runs in a virtual machine. */

import { ensureDaemon } from './setup/daemon.mjs';
import { asRoot } from './setup/host.mjs';
import { build } from './setup/javascript.mjs';
import { runMain } from './setup/problem.mjs';
import { runAttached } from './setup/run.mjs';
import { setUpMachine } from './setup/set-up.mjs';
import { runSteps } from './setup/steps.mjs';

const COMMAND = ['vm', 'run', '--rm', 'debian', '--', 'uname', '-a'];

await runMain(async () => {
  await setUpMachine('run virtual machines');
  await runSteps([build]);
  const banger = await ensureDaemon();
  console.log(`\n$ banger ${COMMAND.join(' ')}`);
  const status = await runAttached([...banger, ...COMMAND]);
  if (status !== 0) {
    console.error('\nThe virtual machine did not run. What this host lacks, and how to mend it:');
    console.error(`  ${asRoot(['packages/banger/bin/banger', 'doctor']).join(' ')}`);
    return status;
  }
  const prefix = banger.length > 1 ? 'sudo ' : '';
  console.log(`
It works. What to try next (banger is ./packages/banger/bin/banger):
  ${prefix}banger vm run -it debian -- bash            a shell in a machine of its own
  ${prefix}banger vm create debian --name box          a machine that stays
  ${prefix}banger vm exec box -- apt-get update        commands in it
  ${prefix}banger vm list                              what is there
  ${prefix}banger doctor                               what would make this host faster
  ${prefix}banger daemon stop                          ends the daemon; machines go on running`);
  if (prefix !== '') {
    console.log(`To use banger without sudo (which amounts to root on this host), then log in anew and restart the daemon:
  sudo groupadd --system --force banger && sudo usermod -aG banger "$USER"`);
  }
  return 0;
});
