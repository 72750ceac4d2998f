import type { Fact, Finding, Level } from './types.ts';

export function finding(check: string, level: Level, message: string, remediation: string | null = null): Finding {
  return { check, level, message, remediation };
}

export const ok = (check: string, message: string): Finding => finding(check, 'ok', message);

/** The finding of a known fact, or a warning (or what `otherwise` says) that it could not be learnt. */
export function judge<T>(
  check: string,
  fact: Fact<T>,
  evaluate: (value: T) => Finding,
  otherwise: Level = 'warning',
): Finding {
  if ('value' in fact) return evaluate(fact.value);
  return finding(check, otherwise, fact.unknown, fact.remediation);
}
