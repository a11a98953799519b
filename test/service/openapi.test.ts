/** The OpenAPI document of the running service: a linter checks it, and every example is sent, as /docs sends it. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ApiDocument,
  type ApiOperation,
  listLinks,
  listOperations,
  listSteps,
  readLink,
} from '../../web/reference/api-document.ts';
import {
  createFileReader,
  exampleBody,
  exampleValues,
  listMissing,
  sendRequest,
} from '../../web/reference/api-request.ts';
import { SNIPPETS } from '../../web/reference/snippets/index.ts';
import { temporaryFolder } from '../support/cli.ts';
import { ROOT } from '../support/package.ts';
import { type Service, startService } from '../support/service.ts';
import { TOKENS } from '../support/tokens.ts';
import { AVAILABLE } from '../support/tools.ts';

type Values = Readonly<Record<string, string>>;
interface Choice {
  readonly type?: string;
  readonly example?: string | undefined;
}

let service: Service;
let text: string;
let operations: ApiOperation[];
/** Values from the links of each operation that was sent, by its name and its example. */
const known = new Map<string, Map<string, Values>>();

beforeAll(async () => {
  service = await startService();
  text = await (await fetch(`${service.url}/openapi.json`)).text();
  operations = listOperations(JSON.parse(text) as ApiDocument);
});

afterAll(async () => service?.stop());

/** Sends an example; `values` are those of parameters without an example. */
async function send(operation: ApiOperation, values: Values, choice: Choice): Promise<void> {
  const name = `${operation.operationId} ${choice.example ?? ''}`;
  const body = await exampleBody(
    operation,
    createFileReader(service.url, () => TOKENS.admin),
    choice,
  );
  const request = { operation, values: { ...exampleValues(operation), ...values }, body };
  expect(listMissing(request), name).toEqual([]);
  const response = await sendRequest(request, service.url, { token: TOKENS.admin });
  const text = await response.text();
  expect({ name, text, isOk: response.ok }).toEqual({ name, text, isOk: true });
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  const answer = isJson ? JSON.parse(text) : undefined;
  const links = listLinks(operation).map((link) => [link.operationId, readLink(link, request.values, answer)] as const);
  known.set(name, new Map(links));
}

/** Sends what the operation needs, if it was not sent before. Returns the values of its parameters. */
async function prepare(operation: ApiOperation): Promise<Values> {
  let values: Values = {};
  const steps = listSteps(operations, operation);
  for (const [i, { operation: step, example }] of steps.entries()) {
    const name = `${step.operationId} ${example ?? ''}`;
    const isNew = steps.some((each) => each.example !== undefined) || !known.has(name);
    if (isNew) await send(step, values, { example });
    values = known.get(name)?.get(steps[i + 1]?.operation.operationId ?? operation.operationId) ?? {};
  }
  return values;
}

/** The examples of an operation, except those that only others need. */
function listChoices(operation: ApiOperation): Choice[] {
  const ofOthers = operations.flatMap((each) => listSteps(operations, each)).map(({ example }) => example);
  const choices = Object.entries(operation.requestBody?.content ?? {}).flatMap(([type, { examples = {} }]) =>
    Object.keys(examples).map((example) => ({ type, example })),
  );
  return choices.length === 0 ? [{}] : choices.filter(({ example }) => !ofOthers.includes(example));
}

it('the linter finds nothing, with its strict rules', () => {
  const file = join(temporaryFolder(), 'openapi.json');
  writeFileSync(file, text);
  const linter = join(ROOT, 'node_modules/.bin/redocly');
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  // Exits with 1, and prints the problems, if there are any.
  const options = ['lint', file, '--extends', 'recommended-strict', '--format', 'json'];
  const { totals } = JSON.parse(execFileSync(linter, options, { cwd: ROOT, env, encoding: 'utf8' }));
  expect(totals).toEqual({ errors: 0, warnings: 0, ignored: 0 });
});

it('every operation and every example succeeds on a new service', async () => {
  const deletions = operations.filter(({ method }) => method === 'DELETE');
  const others = operations.filter(({ method }) => method !== 'DELETE');
  // Aliases and versions before their model: the numbers of deleted versions are not used again.
  for (const operation of [...others, ...deletions.reverse()]) {
    for (const choice of listChoices(operation)) await send(operation, await prepare(operation), choice);
  }
  const sent = new Set([...known.keys()].map((name) => name.split(' ')[0]));
  expect([...sent].sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
});

describe.each(['curl', 'TypeScript', ...(AVAILABLE.requests ? ['Python'] : [])])('code in %s', (language) => {
  it.each([
    ['predict', 'application/json', /label["']?: ?7/],
    ['predict', 'image/png', /label["']?: ?7/],
    ['predict', 'application/octet-stream', /label["']?: ?7/],
    ['uploadPiece', 'text/csv', /samples["']?: ?400/],
    ['uploadNextVersion', 'application/octet-stream', /classes["']?:/],
    ['inferModel', 'application/json', /probabilities/],
    ['listModels', undefined, /mnist/],
  ])('works: %s, %s', async (operationId, type, expected) => {
    const operation = operations.find((each) => each.operationId === operationId);
    if (operation === undefined) throw new Error(`no operation ${operationId}`);
    const body = await exampleBody(
      operation,
      createFileReader(service.url, () => TOKENS.admin),
      { type },
    );
    const request = { operation, values: exampleValues(operation), body };
    const code = SNIPPETS[language]?.(request, { origin: service.url, hasToken: true }) ?? '';
    expect(runCode(language, code)).toMatch(expected);
  });
});

/** Programs that run code from the command line. */
const INTERPRETERS: Readonly<Record<string, readonly string[]>> = {
  curl: ['sh', '-ec'],
  TypeScript: [process.execPath, '--input-type=module-typescript', '--eval'],
  Python: ['python3', '-c'],
};

/** The output of a program. Node needs the folder of this repository to find edge-mlp; others get a folder without files. */
function runCode(language: string, code: string): string {
  const [program = '', ...options] = INTERPRETERS[language] ?? [];
  const cwd = language === 'TypeScript' ? ROOT : temporaryFolder();
  const env = { ...process.env, EDGE_MLP_TOKEN: TOKENS.admin };
  return execFileSync(program, [...options, code], { cwd, env, encoding: 'utf8', stdio: 'pipe' });
}
