import { parseSync } from 'oxc-parser';

/** One import, re-export, dynamic import or `import('x').T` of a file. */
export interface ImportEdge {
  readonly specifier: string;
  readonly line: number;
  /** Erased at build time: `import type`, or only `type` names in the braces. */
  readonly typeOnly: boolean;
  /** Loaded when first needed: `await import()`. */
  readonly dynamic: boolean;
}

/** A `new X()` or a use of `process.env`. */
export interface Construct {
  readonly kind: 'new' | 'process.env';
  readonly name: string;
  readonly line: number;
}

/** What the checker wants to know of one file. */
export interface ParsedFile {
  readonly imports: readonly ImportEdge[];
  readonly constructs: readonly Construct[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const nameOf = (value: unknown): string | undefined => {
  if (!isNode(value)) return undefined;
  if (value.type === 'Identifier' && typeof value['name'] === 'string') return value['name'];
  if (value.type === 'Literal' && typeof value['value'] === 'string') return value['value'];
  if (value.type === 'MemberExpression') return nameOf(value['property']);
  return undefined;
};

function lineFinder(source: string): (offset: number) => number {
  const starts = [0];
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

/** Whether the node reads the environment, as `process.env`, `process['env']` or `const { env } = process`. */
function readsEnvironment(node: Node): boolean {
  if (node.type === 'MemberExpression')
    return nameOf(node['object']) === 'process' && nameOf(node['property']) === 'env';
  if (node.type !== 'VariableDeclarator' || nameOf(node['init']) !== 'process') return false;
  const pattern = node['id'];
  if (!isNode(pattern) || !Array.isArray(pattern['properties'])) return false;
  return pattern['properties'].some((property) => isNode(property) && nameOf(property['key']) === 'env');
}

/**
 * Finds the imports and the restricted constructs of a TypeScript file.
 * @throws Error when the file does not parse.
 */
export function parseFile(path: string, source: string): ParsedFile {
  const parsed = parseSync(path, source);
  const [error] = parsed.errors;
  if (error) throw new Error(`${path}: ${error.message}`);
  const lineOf = lineFinder(source);
  const imports: ImportEdge[] = [];
  const constructs: Construct[] = [];

  for (const statement of parsed.module.staticImports) {
    const typeOnly = statement.entries.length > 0 && statement.entries.every((entry) => entry.isType);
    imports.push({ specifier: statement.moduleRequest.value, line: lineOf(statement.start), typeOnly, dynamic: false });
  }
  for (const statement of parsed.module.staticExports) {
    const from = statement.entries.filter((entry) => entry.moduleRequest !== null);
    const specifier = from[0]?.moduleRequest?.value;
    if (specifier === undefined) continue;
    imports.push({
      specifier,
      line: lineOf(statement.start),
      typeOnly: from.every((entry) => entry.isType),
      dynamic: false,
    });
  }

  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
      return;
    }
    if (!isNode(value)) return;
    const line = lineOf(value.start);
    if (value.type === 'ImportExpression' || value.type === 'TSImportType') {
      const specifier = nameOf(value['source']);
      if (specifier !== undefined) {
        imports.push({ specifier, line, typeOnly: value.type === 'TSImportType', dynamic: true });
      }
    }
    if (value.type === 'NewExpression') constructs.push({ kind: 'new', name: nameOf(value['callee']) ?? '', line });
    if (readsEnvironment(value)) constructs.push({ kind: 'process.env', name: 'process.env', line });
    for (const key in value) if (key !== 'type') visit(value[key]);
  };
  visit(parsed.program);
  return { imports, constructs };
}
