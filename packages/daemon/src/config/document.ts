import type { z } from 'zod';
import { textOf } from './fields.ts';
import { toSnakeCase } from './names.ts';
import { sections } from './schema.ts';

interface Key {
  readonly name: string;
  readonly doc: string;
  readonly expected: string;
  /** As it is written in a file; undefined for keys that have none. */
  readonly preset: string | undefined;
}

/** docs/configuration.md: every key with its meaning and default. */
export function configurationPage(): string {
  const tables = Object.entries(sections).map(([section, fields]) => {
    const title = section === 'top' ? '## Before the first section' : `## [${section}]`;
    const rows = keysOf(fields).map(
      ({ name, doc, expected, preset }) =>
        `| \`${name}\` | ${preset === undefined ? '' : `\`${preset}\``} | ${escape(doc)} | ${escape(expected)} |`,
    );
    return [title, '', '| key | default | meaning | value |', '|---|---|---|---|', ...rows].join('\n');
  });
  return `${[intro, ...tables].join('\n\n')}\n`;
}

/** docs/config.example.toml: the same as a file to start from; every default stands in a comment. */
export function exampleFile(): string {
  const parts = Object.entries(sections).map(([section, fields]) => {
    const keys = keysOf(fields).map(({ name, doc, expected, preset }) =>
      [`# ${doc}`, `# Value: ${expected}.`, `#${name} = ${preset ?? ''}`.trimEnd()].join('\n'),
    );
    return [...(section === 'top' ? [] : [`[${section}]`]), ...keys].join('\n\n');
  });
  return `${exampleIntro}\n\n${parts.join('\n\n')}\n`;
}

function keysOf(fields: Readonly<Record<string, z.ZodType>>): readonly Key[] {
  return Object.entries(fields).map(([name, schema]) => {
    const preset = presetOf(schema);
    return {
      name: toSnakeCase(name),
      ...textOf(schema),
      preset: preset === undefined ? undefined : JSON.stringify(preset),
    };
  });
}

function presetOf(schema: z.ZodType): unknown {
  const { def } = schema as unknown as { readonly def: { readonly defaultValue?: unknown } };
  return def.defaultValue;
}

const escape = (text: string): string => text.replaceAll('|', '\\|');

const intro = `# Configuration

<!-- Made from packages/daemon/src/config/schema.ts; \`vitest run --project unit packages/daemon/src/config -u\` writes it anew. -->

\`bangerd\` reads \`/etc/banger/config.toml\` (or the file that \`--config\` names). Every key has a default, so the file may
be missing or empty; [config.example.toml](config.example.toml) has all of them. A key that does not exist, or a value
that cannot be, stops the daemon at its start with the line, the key and what is expected:

\`\`\`
/etc/banger/config.toml:12: network.cidr: "172.30.0.5/16" does not begin with its network address, which is 172.30.0.0/16; expected an IPv4 range with its prefix length, such as "172.30.0.0/16"
\`\`\`

Sizes are a number of bytes or a string with a binary unit (\`"512MiB"\`, \`"8GiB"\`; \`"8G"\` and \`"8GB"\` mean the same).
Durations are a number of milliseconds or a string with a unit (\`"250ms"\`, \`"30s"\`, \`"3m"\`, \`"1h"\`, \`"7d"\`).
A program that embeds the daemon passes the same keys in camelCase: \`{ stateDir: '/srv/banger', network: { cidr: … } }\`.`;

const exampleIntro = `# Configuration of bangerd: /etc/banger/config.toml
# Every key has a default, which is what stands here; take away the # of what you change. All about it:
# docs/configuration.md`;
