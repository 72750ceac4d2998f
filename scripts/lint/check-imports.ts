import { dirname, join } from 'node:path/posix';
import type { ImportRules } from './import-rules.ts';
import type { ImportEdge, ParsedFile } from './parse-imports.ts';

/** One broken rule. */
export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

/** What the checker needs to know of a package: its source per entry of the exports map (`.` or `./client`). */
export interface PackageManifest {
  readonly sources: Readonly<Record<string, string>>;
}

/** The tree to check: parsed files by repository path, and packages by their short name. */
export interface SourceTree {
  readonly files: ReadonlyMap<string, ParsedFile>;
  readonly packages: ReadonlyMap<string, PackageManifest>;
}

interface Context {
  readonly tree: SourceTree;
  readonly rules: ImportRules;
  readonly report: (file: string, line: number, rule: string, message: string) => void;
}

const SCOPE = '@banger/';

const isTest = (file: string): boolean =>
  /\.(test|test-d|fixture)\.ts$|\/(contract|testing|(test|fake)-[a-z-]+)\.ts$|^(packages\/[^/]+\/)?test\//.test(file);
const packageOf = (file: string): string | undefined => /^packages\/([^/]+)\//.exec(file)?.[1];

/** The file of ours that an import means, or undefined for a third-party module. */
function resolve(tree: SourceTree, from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(from), specifier);
  if (!specifier.startsWith(SCOPE)) return undefined;
  const [name = '', ...rest] = specifier.slice(SCOPE.length).split('/');
  return tree.packages.get(name)?.sources[rest.length === 0 ? '.' : `./${rest.join('/')}`];
}

function checkPackageTable({ rules, report }: Context, file: string, edge: ImportEdge): void {
  const from = packageOf(file);
  if (from === undefined) return;
  const target = edge.specifier.startsWith(SCOPE) ? edge.specifier.slice(SCOPE.length).split('/')[0] : undefined;
  if (target === undefined) return;
  const rule = rules.packages[from];
  if (!rule) {
    report(
      file,
      edge.line,
      'package-table',
      `package ${from} is not in the table of import-rules.ts: add a line for it`,
    );
    return;
  }
  if (target === from || rule.values.includes(target) || (isTest(file) && target === 'testkit')) return;
  if (rule.types?.includes(target) === true) {
    // A test of a leaf package may use the real thing; what is published may not.
    if (edge.typeOnly || isTest(file)) return;
    report(
      file,
      edge.line,
      'package-table',
      `${from} may import only types of ${target}: take the implementation as a parameter`,
    );
    return;
  }
  const allowed = [...rule.values, ...(rule.types ?? []).map((name) => `${name} (types)`)];
  report(
    file,
    edge.line,
    'package-table',
    `${from} may import ${allowed.join(', ') || 'nothing of ours'}, not ${target}`,
  );
}

function checkPackageBorder({ report }: Context, file: string, edge: ImportEdge, target: string | undefined): void {
  if (!edge.specifier.startsWith('.') || target === undefined) return;
  const from = packageOf(file);
  const to = packageOf(target);
  // Tests of the whole thing may also look into a room.
  if (from !== undefined && to !== undefined && from !== to) {
    report(file, edge.line, 'package-border', `import ${SCOPE}${to} by its name, not by a path`);
  }
}

/** Where a file of the daemon is: in a room, or beside the rooms. */
interface Place {
  readonly room: string | undefined;
  /** The path inside the room, or beside the rooms. */
  readonly path: string;
}

function placeOf(daemonSource: string, file: string): Place | undefined {
  if (!file.startsWith(`${daemonSource}/`)) return undefined;
  const inner = file.slice(daemonSource.length + 1);
  const slash = inner.indexOf('/');
  return slash === -1
    ? { room: undefined, path: inner }
    : { room: inner.slice(0, slash), path: inner.slice(slash + 1) };
}

/** Why a file of the daemon may not import another, or undefined when it may. */
function roomObjection(rules: ImportRules, from: Place, to: Place, typeOnly: boolean): string | undefined {
  const unknown = [from.room, to.room].find((room) => room !== undefined && !rules.rooms.includes(room));
  if (unknown !== undefined) return `${unknown}/ is no room: add it to import-rules.ts and to ARCHITECTURE.md`;
  if (from.room === to.room) return undefined;
  if (to.room === undefined) {
    if (rules.sharedFiles.includes(to.path)) return undefined;
    return `a room may import ${rules.sharedFiles.join(', ')}, not ${to.path}`;
  }
  const importer = from.room === undefined ? rules.roomImporters[from.path] : undefined;
  if (importer === 'all' || importer?.includes(to.room) === true) return undefined;
  if (typeOnly && rules.roomInterfaces.includes(to.path)) return undefined;
  const faces = rules.roomInterfaces.map((name) => `${to.room}/${name}`).join(' or ');
  return `declare the interface you need and let compose.ts wire it (only \`import type\` of ${faces} is allowed)`;
}

function checkRooms({ rules, report }: Context, file: string, edge: ImportEdge, target: string | undefined): void {
  if (isTest(file) || target === undefined) return;
  const from = placeOf(rules.daemonSource, file);
  const to = placeOf(rules.daemonSource, target);
  if (!from || !to) return;
  const objection = roomObjection(rules, from, to, edge.typeOnly);
  if (objection !== undefined) report(file, edge.line, 'rooms', objection);
}

function checkModules({ rules, report }: Context, file: string, edge: ImportEdge, target: string | undefined): void {
  for (const rule of rules.modules) {
    const name = target ?? edge.specifier;
    if (!rule.modules.some((module) => name === module || name.startsWith(`${module}/`))) continue;
    if (!/^(packages|test)\//.test(file)) continue;
    if (rule.typesAnywhere && edge.typeOnly) continue;
    if (!rule.inTests && isTest(file)) continue;
    if (rule.allowedIn.some((place) => file.startsWith(place))) continue;
    report(
      file,
      edge.line,
      'restricted-module',
      `${edge.specifier} belongs to ${rule.allowedIn.join(', ')}: ${rule.reason}`,
    );
  }
}

function checkConstructs({ rules, report, tree }: Context, file: string): void {
  for (const construct of tree.files.get(file)?.constructs ?? []) {
    for (const rule of rules.constructs) {
      if (rule.kind !== construct.kind || rule.name?.test(construct.name) === false) continue;
      if (!rule.inTests && isTest(file)) continue;
      if (rule.allowedIn.some((place) => file.startsWith(place))) continue;
      report(
        file,
        construct.line,
        'restricted-construct',
        `${construct.name} belongs to ${rule.allowedIn.join(', ')}: ${rule.reason}`,
      );
    }
  }
}

/** The files that a file needs as soon as it is loaded. */
function eagerTargets(tree: SourceTree, file: string): readonly (ImportEdge & { target: string | undefined })[] {
  return (tree.files.get(file)?.imports ?? [])
    .filter((edge) => !edge.typeOnly && !edge.dynamic)
    .map((edge) => ({ ...edge, target: resolve(tree, file, edge.specifier) }));
}

function checkCycles({ tree, report }: Context): void {
  const done = new Set<string>();
  const path: string[] = [];
  const walk = (file: string): void => {
    if (done.has(file)) return;
    path.push(file);
    for (const edge of eagerTargets(tree, file)) {
      if (edge.target === undefined) continue;
      const start = path.indexOf(edge.target);
      if (start === -1) walk(edge.target);
      else report(file, edge.line, 'cycle', [...path.slice(start), edge.target].join(' -> '));
    }
    path.pop();
    done.add(file);
  };
  for (const file of tree.files.keys()) walk(file);
}

function checkLightStarts({ tree, rules, report }: Context): void {
  for (const rule of rules.lightStarts) {
    const seen = new Set<string>();
    const walk = (file: string, trail: readonly string[]): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const edge of eagerTargets(tree, file)) {
        if (edge.target !== undefined) walk(edge.target, [...trail, edge.target]);
        else if (rule.mustNotLoad.includes(edge.specifier)) {
          report(file, edge.line, 'light-start', `${[...trail, edge.specifier].join(' -> ')}: ${rule.reason}`);
        }
      }
    };
    walk(rule.from, [rule.from]);
  }
}

/** Finds every broken rule of a tree, sorted by file and line. */
export function findViolations(tree: SourceTree, rules: ImportRules): readonly Violation[] {
  const violations: Violation[] = [];
  const report: Context['report'] = (file, line, rule, message) => violations.push({ file, line, rule, message });
  const context: Context = { tree, rules, report };
  for (const [file, parsed] of tree.files) {
    for (const edge of parsed.imports) {
      const target = resolve(tree, file, edge.specifier);
      if (target === undefined && edge.specifier.startsWith(SCOPE)) {
        report(file, edge.line, 'unknown-package', `${edge.specifier} has no source entry in an exports map of ours`);
      }
      checkPackageTable(context, file, edge);
      checkPackageBorder(context, file, edge, target);
      checkRooms(context, file, edge, target);
      checkModules(context, file, edge, target);
    }
    checkConstructs(context, file);
  }
  checkCycles(context);
  checkLightStarts(context);
  return violations.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}
