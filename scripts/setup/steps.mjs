import { performance } from 'node:perf_hooks';

/**
 * One step of the set-up.
 * @typedef {object} Step
 * @property {string} name what the step brings about, as a noun
 * @property {() => boolean | Promise<boolean>} done whether there is nothing to do; fast
 * @property {(say: (line: string) => void) => Promise<void>} run does it; `say` shows the line a tool wrote last
 */

const HEARTBEAT_MS = 15_000;
const FRAME_MS = 120;
const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

/** @param {number} startedMs */
function elapsed(startedMs) {
  const seconds = (performance.now() - startedMs) / 1000;
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}

/**
 * Shows a running step: one moving line on a terminal, a line now and then elsewhere.
 * @param {string} name
 */
function showProgress(name) {
  const out = process.stdout;
  const startedMs = performance.now();
  let last = '';
  let frame = 0;
  if (!out.isTTY) console.log(`- ${name} ...`);
  const timer = setInterval(
    () => {
      if (!out.isTTY) {
        console.log(`  ${name}: ${elapsed(startedMs)}${last === '' ? '' : `, ${last.slice(0, 120)}`}`);
        return;
      }
      frame = (frame + 1) % FRAMES.length;
      const line = `${FRAMES[frame]} ${name} (${elapsed(startedMs)})  ${last}`;
      out.write(`\r\x1b[2K${line.slice(0, (out.columns ?? 80) - 1)}`);
    },
    out.isTTY ? FRAME_MS : HEARTBEAT_MS,
  );
  const end = (/** @type {string} */ mark) => {
    clearInterval(timer);
    if (out.isTTY) out.write('\r\x1b[2K');
    console.log(`${mark} ${name} (${elapsed(startedMs)})`);
  };
  return {
    say: (/** @type {string} */ line) => {
      last = line;
    },
    end,
  };
}

/**
 * Runs the steps that are not done yet, in order. Says nothing when there is nothing to do.
 * @param {readonly Step[]} steps
 */
export async function runSteps(steps) {
  for (const step of steps) {
    if (await step.done()) continue;
    const progress = showProgress(step.name);
    try {
      await step.run(progress.say);
      progress.end('✓');
    } catch (error) {
      progress.end('✗');
      throw error;
    }
  }
}
