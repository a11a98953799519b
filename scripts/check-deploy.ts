/**
 * npm run check:deploy [-- wrangler.toml]
 *
 * Environments of wrangler.toml do not inherit variables: a variable of the top level is missing in a deploy with
 * `--env`. Fails if an environment lacks PREDICT_ACCESS, or differs from the top level in the Worker's name or in a
 * variable. Wrangler runs this check before each deploy.
 */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'smol-toml';

interface Environment {
  readonly name?: string;
  readonly vars?: Readonly<Record<string, unknown>>;
}

interface Configuration extends Environment {
  readonly env?: Readonly<Record<string, Environment>>;
}

const ACCESS: readonly unknown[] = ['open', 'token'];
/** Environments that deploy a separate Worker, with other variables. */
const SEPARATE = ['bench'];

const [file = 'wrangler.toml'] = process.argv.slice(2);
const problems = findProblems(parse(readFileSync(file, 'utf8')));
for (const problem of problems) console.error(`error: ${file}: ${problem}`);
if (problems.length > 0) process.exit(1);

function findProblems({ name: worker, vars: common = {}, env = {} }: Configuration): string[] {
  const environments = Object.entries(env).flatMap(([key, { name, vars = {} }]) => {
    const access = checkAccess(`env.${key}.vars`, vars);
    if (SEPARATE.includes(key)) return access;
    const others = [...new Set([...Object.keys(common), ...Object.keys(vars)])].flatMap((each) =>
      compare(`env.${key}.vars.${each}`, vars[each], common[each], 'as in vars'),
    );
    return [
      ...compare(`env.${key}.name`, name, worker, 'as at the top level'),
      ...(access.length > 0 ? access : others),
    ];
  });
  return [...checkAccess('vars', common), ...environments];
}

function checkAccess(table: string, { PREDICT_ACCESS: access }: NonNullable<Environment['vars']>): string[] {
  if (ACCESS.includes(access)) return [];
  return [`${table}.PREDICT_ACCESS: expected "open" or "token", got ${formatValue(access)}`];
}

function compare(path: string, value: unknown, expected: unknown, source: string): string[] {
  if (isDeepStrictEqual(value, expected)) return [];
  return [`${path}: expected ${formatValue(expected)}, ${source}, got ${formatValue(value)}`];
}

function formatValue(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}
