/** Lines of a log that help in an error message; the cause is at the end. */
const LOG_LINES = 10;

/**
 * The message for a step that failed in the guest: what was tried, why it failed, and the last lines of its log.
 * `step` reads like `prepare the workspace`.
 */
export function formatStepError(step: string, error: unknown, log = ''): string {
  const reason = error instanceof Error ? error.message : String(error);
  const lines = log.trim() === '' ? [] : log.trimEnd().split(/\r?\n/);
  const kept = lines.slice(-LOG_LINES).map((line) => `  ${line.trimEnd()}`);
  const omitted = lines.length > kept.length ? [`  (${lines.length - kept.length} earlier lines left out)`] : [];
  return [`could not ${step}: ${reason}`, ...omitted, ...kept].join('\n');
}
