/**
 * npm run check:deploy [-- wrangler.toml]
 *
 * Environments of wrangler.toml do not inherit variables: a variable of the top level is missing in a deploy with
 * `--env`. Fails if an environment lacks PREDICT_ACCESS, or deploys the Worker of the top level with other variables.
 * Wrangler runs this check before each deploy.
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

const [file = 'wrangler.toml'] = process.argv.slice(2);
const problems = findProblems(parse(readFileSync(file, 'utf8')));
for (const problem of problems) console.error(`error: ${file}: ${problem}`);
if (problems.length > 0) process.exit(1);

function findProblems({ name: worker, vars: common = {}, env = {} }: Configuration): string[] {
  const environments = Object.entries(env).map(([key, { name = `${worker}-${key}`, vars = {} }]) => {
    return { table: `env.${key}.vars`, name, vars };
  });
  return [{ table: 'vars', name: worker, vars: common }, ...environments].flatMap(({ table, name, vars }) => {
    if (!ACCESS.includes(vars.PREDICT_ACCESS)) {
      return `${table}.PREDICT_ACCESS: expected "open" or "token", got ${formatValue(vars.PREDICT_ACCESS)}`;
    }
    const names = name === worker ? new Set([...Object.keys(common), ...Object.keys(vars)]) : [];
    return [...names]
      .filter((each) => !isDeepStrictEqual(vars[each], common[each]))
      .map((each) => {
        const values = `expected ${formatValue(common[each])}, as in vars, got ${formatValue(vars[each])}`;
        return `${table}.${each}: ${values}: both deploy the Worker ${worker}`;
      });
  });
}

function formatValue(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}
