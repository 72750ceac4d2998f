import type { z } from 'zod';
import { nearest } from '../nearest.ts';
import { textOf } from './fields.ts';
import { sections } from './schema.ts';

/** One thing that is wrong, at a key of the schema (`['network', 'cidr']`). */
export interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

/** How keys are spelled where the configuration comes from. */
export type Spelling = (key: string) => string;

type SectionName = Exclude<keyof typeof sections, 'top'>;
const isSection = (name: string | undefined): name is SectionName =>
  name !== undefined && name !== 'top' && Object.hasOwn(sections, name);

/** Names of all keys at one level, sections among those at the top. */
export function keysAt(section: string | undefined): readonly string[] {
  if (section === undefined) return [...Object.keys(sections.top), ...Object.keys(sections).filter(isSection)];
  return isSection(section) ? Object.keys(sections[section]) : [];
}

export function describeIssue(issue: z.core.$ZodIssue, spelling: Spelling): readonly Problem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(path, key, spelling) }));
  }
  const key = path.slice(0, isSection(path[0]) ? 2 : 1);
  return [{ path: key, message: `${fault(issue)}; expected ${expectedAt(key)}` }];
}

export function unknownKey(section: readonly string[], key: string, spelling: Spelling): string {
  const known = keysAt(section[0]).map(spelling);
  const meant = nearest(key, known) ?? sectionOf(key, spelling);
  if (meant !== undefined) return `there is no such key; did you mean ${meant}?`;
  return `there is no such key; the keys here are ${known.join(', ')}`;
}

/** For a key that was put in the wrong section. */
function sectionOf(key: string, spelling: Spelling): string | undefined {
  for (const [section, fields] of Object.entries(sections)) {
    if (!Object.keys(fields).map(spelling).includes(key)) continue;
    return section === 'top' ? `${key} (before the first section)` : `${section}.${key}`;
  }
  return undefined;
}

function expectedAt([first, second]: readonly string[]): string {
  if (first === undefined) return 'an object';
  if (isSection(first) && second === undefined) return 'a section with keys';
  const fields: Readonly<Record<string, z.ZodType>> = isSection(first) ? sections[first] : sections.top;
  const schema = fields[(isSection(first) ? second : first) ?? ''];
  return schema === undefined ? 'a known key' : textOf(schema).expected;
}

function fault(issue: z.core.$ZodIssue): string {
  const value = show(issue.input);
  return issue.code === 'custom' ? `${value} ${issue.message}` : `got ${value}`;
}

function show(value: unknown): string {
  if (value instanceof Date) return 'a date or time';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a section';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
