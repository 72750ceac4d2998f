/** Something that the user has to mend: what is wrong, and what to do about it. */
export class Problem extends Error {
  /**
   * @param {string} message what is wrong, in one line
   * @param {{ remedy?: readonly string[], output?: readonly string[] }} [more] what to do; last lines of a tool
   */
  constructor(message, { remedy = [], output = [] } = {}) {
    super(message);
    this.name = 'Problem';
    this.remedy = remedy;
    this.output = output;
  }
}

/**
 * Runs a script's main function: a Problem is shown as text, anything else with its stack; both end with status 1.
 * @param {() => Promise<number | void>} main answers the exit status
 */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    process.exitCode = 1;
    report(error);
  }
}

/**
 * Shows what went wrong on stderr.
 * @param {unknown} error
 */
export function report(error) {
  if (!(error instanceof Problem)) {
    console.error(error);
    return;
  }
  for (const line of error.output) console.error(`  | ${line}`);
  console.error(`\nerror: ${error.message}`);
  for (const line of error.remedy) console.error(`  ${line}`);
}
