import { type ErrorCode, errorCodes } from '@banger/api-types';
import { exitStatuses } from '../../packages/cli/src/exit-status.ts';

/** docs/errors.md: every code of the closed list, and the exit status of each class. */
export function renderErrors(): string {
  const codes = Object.keys(errorCodes) as ErrorCode[];
  const classes = Object.entries(exitStatuses).map(([name, status]) => {
    const members = codes.filter((code) => errorCodes[code].class === name).map((code) => `[\`${code}\`](#${code})`);
    return `| ${name} | ${status} | ${members.join(', ')} |`;
  });
  const sections = codes.map((code) => {
    const { rpc, when, class: name } = errorCodes[code];
    return `### ${code}\n\n${when}\n\nJSON-RPC code ${rpc}, class ${name}, exit status ${exitStatuses[name]}.`;
  });
  return [
    '# Errors',
    'An error carries a code of this closed list, a message that says what happened, where it helps a remediation that says what to do, and details. The CLI ends with one exit status per class; in `banger vm run` and `banger vm exec` the status is that of the command in the VM, and 125 when banger itself failed.',
    `## Classes\n\n| class | exit status | codes |\n|---|---|---|\n${classes.join('\n')}`,
    '## Codes',
    ...sections,
  ].join('\n\n');
}
