/** The check of wrangler.toml before a deploy: variables that environments do not inherit. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';
import { ROOT } from '../support/package.ts';

const SCRIPT = join(ROOT, 'scripts/check-deploy.ts');
const CONFIGURATION = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8');
const TOP = 'PREDICT_ACCESS = "open"\n';
const PAID = /(?<=name = "edge-mlp"\n)vars = .*\n/;

/** Runs the check on the project's wrangler.toml with these replacements; the problems, without the file's path. */
function check(...replacements: [string | RegExp, string][]): string[] {
  const file = join(temporaryFolder(), 'wrangler.toml');
  const text = replacements.reduce((changed, [part, other]) => {
    expect(changed.replace(part, other)).not.toBe(changed);
    return changed.replace(part, other);
  }, CONFIGURATION);
  writeFileSync(file, text);
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, file], { encoding: 'utf8' });
  const problems = stderr.split('\n').filter((line) => line !== '');
  expect(status).toBe(problems.length === 0 ? 0 : 1);
  return problems.map((line) => line.replace(`error: ${file}: `, ''));
}

it('accepts the configuration of the project, and predictions that are closed everywhere', () => {
  expect(check()).toEqual([]);
  expect(check([/PREDICT_ACCESS = "open"/g, 'PREDICT_ACCESS = "token"'])).toEqual([]);
});

it('refuses closed predictions that --env paid would open, and the reverse', () => {
  const closed = 'PREDICT_ACCESS = "token"';
  expect(check([TOP, `${closed}\n`], [PAID, ''])).toEqual([
    'env.paid.vars.PREDICT_ACCESS: expected "open" or "token", got nothing',
  ]);
  expect(check([TOP, `${closed}\n`])).toEqual([
    'env.paid.vars.PREDICT_ACCESS: expected "token", as in vars, got "open"',
  ]);
  expect(check([PAID, `vars = { ${closed} }\n`])).toEqual([
    'env.paid.vars.PREDICT_ACCESS: expected "open", as in vars, got "token"',
  ]);
});

it('refuses an environment that deploys another Worker than the top level', () => {
  expect(check(['name = "edge-mlp"\n', 'name = "my-mlp"\n'], [TOP, 'PREDICT_ACCESS = "token"\n'])).toEqual([
    'env.paid.name: expected "my-mlp", as at the top level, got "edge-mlp"',
    'env.paid.vars.PREDICT_ACCESS: expected "token", as in vars, got "open"',
  ]);
  expect(check(['[env.paid]\nname = "edge-mlp"\n', '[env.paid]\n'])).toEqual([
    'env.paid.name: expected "edge-mlp", as at the top level, got nothing',
  ]);
});

it('refuses a misspelt name or value, and any other variable that an environment lacks', () => {
  expect(check([TOP, 'PREDICT_ACESS = "token"\n'])).toEqual([
    'vars.PREDICT_ACCESS: expected "open" or "token", got nothing',
    expect.stringMatching(/^env\.paid\.vars\.PREDICT_ACESS: expected "token"/),
    expect.stringMatching(/^env\.paid\.vars\.PREDICT_ACCESS: expected nothing/),
  ]);
  expect(check([TOP, 'PREDICT_ACCESS = "tokens"\n'])).toContain(
    'vars.PREDICT_ACCESS: expected "open" or "token", got "tokens"',
  );
  expect(check([TOP, `${TOP}REGION = "eu"\n`])).toEqual([
    'env.paid.vars.REGION: expected "eu", as in vars, got nothing',
  ]);
});
