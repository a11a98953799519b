/**
 * npm run soak [-- --minutes 10]
 * npm run soak -- --attacks [--seconds 20]
 *
 * Starts the service as `npm run dev` does, and sends normal and hostile requests together. Fails after an unexpected
 * answer, lost data, or growth of the memory. With --attacks, measures the predictions of innocent clients while each
 * attack runs at ten requests a second.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client } from '../src/client/index.ts';
import { Random } from '../src/core/random.ts';
import { digitsDataset } from '../src/data/index.ts';
import { startService } from '../test/support/service.ts';
import { formatTokens } from '../test/support/tokens.ts';
import type { Actor } from '../test/support/workload/actor.ts';
import { createActors, createReference } from '../test/support/workload/index.ts';
import { ATTACKS, type Attack, createGarbage, createPng, hangUp } from './attacks.ts';
import { drawSparkline, median, RECORD_HEADER, Record, readResidentMB } from './load.ts';
import { describeMachine, findCommit, formatToday } from './machine.ts';

const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '20' },
    attacks: { type: 'boolean', default: false },
  },
});

/** Requests a second of an attack, and of the innocent clients together. */
const ATTACK_RATE = 10;
const INNOCENT_RATE = 40;
/** Each token may send ten requests a second, and one change a second. */
const PREDICT_TOKENS = 8;
const HOSTILE_TOKENS = 10;
/** Growth of the memory in the second half: noise of the garbage collector below, a leak above. */
const MAX_GROWTH_MB = 48;
/**
 * Every garbage collection covers the whole heap. By default, workerd keeps some 40 KB of each request, also of a route
 * that only answers, until V8 collects old objects, which a small heap needs after tens of thousands of requests.
 */
const COLLECT_ALL = '--gc-global';
/** Parts of the run in the table of the memory. */
const PARTS = 20;
/** Pause of a client that changes something: its token may do so once a second. */
const CHANGE_PAUSE_MS = 1100;

const digits = digitsDataset({ samples: 20, seed: 3 });
const pixels = Uint8Array.from(digits.inputs.subarray(0, 784));
const png = createPng(pixels);
const floats = Float32Array.from(pixels, (value) => value / 255);
const inferHeader = JSON.stringify({
  inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 784], parameters: { binary_data_size: floats.byteLength } }],
});

const RAW = { 'content-type': 'application/octet-stream' };

/** Requests of innocent clients, in turn. */
const INNOCENT: readonly (readonly [name: string, path: string, init: RequestInit])[] = [
  ['predict, raw bytes', '/predict', { method: 'POST', body: pixels, headers: RAW }],
  ['predict, JSON', '/predict', json({ pixels: [...pixels] })],
  ['predict, PNG', '/predict', { method: 'POST', body: png, headers: { 'content-type': 'image/png' } }],
  [
    'infer, JSON',
    '/v2/models/mnist/infer',
    json({ inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 784], data: [...floats] }] }),
  ],
  [
    'infer, binary',
    '/v2/models/mnist/infer',
    {
      method: 'POST',
      headers: { 'inference-header-content-length': String(inferHeader.length) },
      body: new Blob([inferHeader, floats]),
    },
  ],
  ['lists', '/models', {}],
  ['metadata', '/v2/models/mnist', {}],
];

function json(body: object): RequestInit {
  return { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
const PREDICTORS = names('predictor', PREDICT_TOKENS);
const ATTACKERS = names('attacker', HOSTILE_TOKENS);
const ACTORS = { models: 'admin', datasets: 'train', jobs: 'train', sweeps: 'train', learners: 'train' };
const tokens = formatTokens({
  reference: 'train',
  ...ACTORS,
  ...Object.fromEntries(PREDICTORS.map((name) => [name, 'predict'])),
  ...Object.fromEntries(ATTACKERS.map((name) => [name, 'train'])),
});

/** Requests without an answer: above this number, a client waits, as its connections are in use. */
const MAX_OPEN = 32;

/** Sends at a fixed rate until `end`, without waiting for answers: a slow service gets no fewer requests. */
async function sendAtRate(rate: number, end: number, send: (count: number) => Promise<unknown>): Promise<void> {
  const started = performance.now();
  const open = new Set<Promise<unknown>>();
  for (let count = 0; performance.now() < end; count++) {
    if (open.size >= MAX_OPEN) await Promise.race(open);
    const sent: Promise<unknown> = send(count).finally(() => open.delete(sent));
    open.add(sent);
    await wait(Math.max(0, started + ((count + 1) * 1000) / rate - performance.now()));
  }
  await Promise.all(open);
}

function authorise(init: RequestInit, token: string): RequestInit {
  return {
    ...init,
    headers: { ...(init.headers as globalThis.Record<string, string>), authorization: `Bearer ${token}` },
  };
}

function sendInnocent(url: string, end: number, records: Map<string, Record>): Promise<void> {
  return sendAtRate(INNOCENT_RATE, end, (count) => {
    const [name, path, init] = INNOCENT[count % INNOCENT.length] as (typeof INNOCENT)[number];
    return record(records, name).send(url + path, authorise(init, PREDICTORS[count % PREDICT_TOKENS] ?? ''));
  });
}

function sendAttack(
  { method, path, body, headers = {}, needsToken }: Attack,
  url: string,
  count: number,
  into: Record,
) {
  const init: RequestInit = body === undefined ? { method, headers } : { method, headers, body };
  return into.send(url + path, needsToken ? authorise(init, ATTACKERS[count % HOSTILE_TOKENS] ?? '') : init);
}

function record(records: Map<string, Record>, name: string): Record {
  const known = records.get(name) ?? new Record();
  records.set(name, known);
  return known;
}

/** Changes at the rate that the service allows. Throws if something acknowledged is lost. */
async function runActor(actor: Actor, url: string, end: number, into: Record): Promise<void> {
  const client = new Client(url, { token: actor.name, fetch: into.wrap() });
  const random = new Random(1, 'generation');
  while (performance.now() < end) {
    await actor.act(client, random);
    await wait(CHANGE_PAUSE_MS);
  }
  await actor.check(client);
}

/** Each attack in turn, garbage, and connections that are cut. */
async function sendHostile(url: string, end: number, records: Map<string, Record>): Promise<void> {
  const attacks = Object.entries(ATTACKS);
  const random = new Random(2, 'generation');
  await sendAtRate(ATTACK_RATE / 2, end, async (count) => {
    const [name, create] = attacks[Math.floor(count / 3) % attacks.length] as (typeof attacks)[number];
    if (count % 3 === 0) await sendAttack(create(count), url, count, record(records, `attack ${name}`));
    else if (count % 3 === 1) await sendAttack(createGarbage(random), url, count, record(records, 'garbage'));
    else await hangUp(url, random);
  });
}

async function soak(): Promise<string[]> {
  const service = await startService({ tokens, v8Flags: COLLECT_ALL });
  const failures: string[] = [];
  try {
    const { url } = service;
    const actors = createActors(await createReference(new Client(url, { token: 'reference' })));
    const milliseconds = 60_000 * Number(flags.minutes);
    const end = performance.now() + milliseconds;
    const [innocent, changing, hostile] = [
      new Map<string, Record>(),
      new Map<string, Record>(),
      new Map<string, Record>(),
    ];
    const memory: number[] = [];
    const work = Promise.all([
      sendInnocent(url, end, innocent),
      sendHostile(url, end, hostile),
      ...actors.map((actor) =>
        runActor(actor, url, end, record(changing, actor.name)).catch((error: unknown) => {
          failures.push(`${actor.name}: ${error instanceof Error ? error.message : error}`);
        }),
      ),
      (async () => {
        while (performance.now() < end) {
          memory.push(readResidentMB(service.child.pid ?? 0) ?? Number.NaN);
          await wait(1000);
        }
      })(),
    ]);
    await work;
    for (const [title, records] of [
      ['Innocent clients', innocent],
      ['Clients that change something', changing],
      ['Hostile clients', hostile],
    ] as const) {
      console.log(`\n${title}\n\n${RECORD_HEADER}`);
      for (const [name, entry] of records) {
        console.log(entry.formatRow(name));
        if (entry.faults > 0) failures.push(`${name}: ${entry.faults} unexpected answers`);
      }
    }
    console.log(`\nDone: ${actors.map((actor) => `${actor.name}: ${actor.summarize()}`).join('; ')}.`);
    failures.push(...reportMemory(memory));
    await writeFailures(failures, service.log());
  } finally {
    await service.stop();
  }
  return failures;
}

/** Prints the memory, and compares the median of the last fifth with that after half the time. */
function reportMemory(memory: readonly number[]): string[] {
  const size = Math.max(1, Math.floor(memory.length / PARTS));
  const parts = Array.from({ length: PARTS }, (_, part) => median(memory.slice(part * size, (part + 1) * size)));
  const known = parts.filter(Number.isFinite);
  if (known.length === 0) return [];
  console.log(`\nResident memory of workerd in MB, ${PARTS} parts of the run: ${drawSparkline(known)}`);
  console.log(known.map((value) => value.toFixed(0)).join(' '));
  const half = median(parts.slice(PARTS / 2, PARTS / 2 + PARTS / 5));
  const last = median(parts.slice(-PARTS / 5));
  const growth = last - half;
  console.log(`Growth in the second half: ${growth.toFixed(0)} MB (at most ${MAX_GROWTH_MB} MB allowed).`);
  return growth > MAX_GROWTH_MB ? [`the memory grew by ${growth.toFixed(0)} MB in the second half`] : [];
}

async function writeFailures(failures: readonly string[], log: string): Promise<void> {
  if (failures.length > 0) console.error(`\n${log.split('\n').slice(-100).join('\n')}`);
}

async function measureAttacks(): Promise<string[]> {
  const failures: string[] = [];
  console.log(
    '| Attack, 10 requests a second | p50 | p99 | p99.9 | longest | innocent answers | answers to the attack | memory |\n|---|---|---|---|---|---|---|---|',
  );
  for (const [name, create] of [['none', undefined] as const, ...Object.entries(ATTACKS)]) {
    // A new service, so that one attack does not affect the figures of the next.
    const service = await startService({ tokens });
    try {
      const { url } = service;
      const warm = new Map<string, Record>();
      await sendInnocent(url, performance.now() + 3000, warm);
      const end = performance.now() + 1000 * Number(flags.seconds);
      const [innocent, attack] = [new Record(), new Record()];
      let most = 0;
      await Promise.all([
        sendAtRate(INNOCENT_RATE, end, async (count) => {
          const [, path, init] = INNOCENT[0] as (typeof INNOCENT)[number];
          await innocent.send(url + path, authorise(init, PREDICTORS[count % PREDICT_TOKENS] ?? ''));
        }),
        create && sendAtRate(ATTACK_RATE, end, (count) => sendAttack(create(count), url, count, attack)),
        (async () => {
          for (; performance.now() < end; await wait(200)) {
            most = Math.max(most, readResidentMB(service.child.pid ?? 0) ?? Number.NaN);
          }
        })(),
      ]);
      const times = [0.5, 0.99, 0.999, 1].map((share) => `${innocent.percentile(share).toFixed(1)} ms`).join(' | ');
      const list = ({ answers }: Record) =>
        [...answers].map(([answer, count]) => `${answer}: ${count}`).join(', ') || '–';
      console.log(`| ${name} | ${times} | ${list(innocent)} | ${list(attack)} | ${most.toFixed(0)} MB |`);
      if (innocent.faults + attack.faults > 0) failures.push(`${name}: unexpected answers`);
    } finally {
      await service.stop();
    }
  }
  return failures;
}

const machine = describeMachine();
console.log(`${formatToday()}, commit ${findCommit()}, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}`);
const failures = flags.attacks ? await measureAttacks() : await soak();
for (const failure of failures) console.error(`error: ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;
