/** Small requests that would cost a careless service much, and garbage. */
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import type { Random } from '../src/core/random.ts';
import { pngChunk, pngFile, pngHeader } from '../test/support/png.ts';

export interface Attack {
  readonly method: string;
  readonly path: string;
  readonly body?: Uint8Array<ArrayBuffer> | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether it needs a token with the scope `train`. */
  readonly needsToken?: boolean;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const GZIPPED_JSON = { ...JSON_TYPE, 'content-encoding': 'gzip' };
const RAW = { 'content-type': 'application/octet-stream' };
const PNG_TYPE = { 'content-type': 'image/png' };

const joinPng = (...chunks: readonly Uint8Array[]) => Uint8Array.from(pngFile(...chunks));

/** A greyscale PNG of 28 × 28 pixels. */
export function createPng(pixels: Uint8Array): Uint8Array<ArrayBuffer> {
  const rows = Buffer.alloc(28 * 29);
  for (let row = 0; row < 28; row++) rows.set(pixels.subarray(28 * row, 28 * (row + 1)), 29 * row + 1);
  return joinPng(pngHeader(28, 28), pngChunk('IDAT', deflateSync(rows)));
}

const PIXELS = pngChunk('IDAT', deflateSync(Buffer.alloc(28 * 29, 1)));
const EMPTY = pngChunk('IDAT');

const post = (path: string, headers: Record<string, string>, body: Uint8Array<ArrayBuffer> | string): Attack => ({
  method: 'POST',
  path,
  headers,
  body,
});
const zip = (text: string) => Uint8Array.from(gzipSync(text, { level: 9 }));
const list = (length: number, value: (index: number) => number) => Array.from({ length }, (_, index) => value(index));

/** The same request each time, except for `unknown-models`. */
export const ATTACKS: Readonly<Record<string, (count: number) => Attack>> = {
  'two-ihdr': repeat(() => post('/predict', PNG_TYPE, joinPng(pngHeader(28, 28), pngHeader(60_000, 60_000), PIXELS))),
  'short-ihdr': repeat(() => post('/predict', PNG_TYPE, joinPng(pngChunk('IHDR'), PIXELS))),
  'many-idat': repeat(() =>
    post('/predict', PNG_TYPE, joinPng(pngHeader(28, 28), Buffer.concat(Array(500_000).fill(EMPTY)), PIXELS)),
  ),
  'nested-json': repeat(() => post('/predict', GZIPPED_JSON, zip('['.repeat(2 ** 22 - 1) + ']'.repeat(2 ** 22 - 1)))),
  'nested-json-infer': repeat(() =>
    post('/v2/models/mnist/infer', GZIPPED_JSON, zip(`{"inputs":${'['.repeat(2 ** 22 - 20)}`)),
  ),
  'wide-json': repeat(() => post('/predict', GZIPPED_JSON, zip(`[${'{},'.repeat(2_700_000)}{}]`))),
  'zeros-gzip': repeat(() =>
    post(
      '/predict',
      { ...RAW, 'content-encoding': 'gzip' },
      Uint8Array.from(gzipSync(Buffer.alloc(2 ** 27), { level: 9 })),
    ),
  ),
  'sweep-grid': repeat(() => {
    const grid = {
      learningRate: list(100, (i) => i + 1),
      momentum: list(100, (i) => i / 101),
      batchSize: list(100, (i) => i + 1),
      weightDecay: list(100, (i) => i),
    };
    return { ...post('/sweeps', JSON_TYPE, JSON.stringify({ data: 'ellipse', grid })), needsToken: true };
  }),
  'misspelt-field': repeat(() =>
    post('/predict', JSON_TYPE, JSON.stringify({ pixels: list(784, () => 0.5), Scale: 1 })),
  ),
  'unknown-models': (count) => post(`/predict?model=unknown-${count}`, RAW, new Uint8Array(784)),
  'all-lists': (count) => {
    const paths = ['/models', '/datasets', '/jobs', '/sweeps', '/v2/models'];
    return { method: 'GET', path: paths[count % paths.length] ?? '/models' };
  },
  'repository-index': repeat(() => post('/v2/repository/index', {}, '')),
};

/** Creates the request at its first use: the bodies take megabytes. */
function repeat(create: () => Attack): () => Attack {
  let attack: Attack | undefined;
  return () => {
    attack ??= create();
    return attack;
  };
}

const GARBAGE_PATHS = [
  '/predict',
  '/v2/models/mnist/infer',
  '/models/garbage/versions/1',
  '/datasets/garbage/training/0',
  '/jobs',
  '/sweeps',
  '/learners',
  '/learners/0000000000000000000000000000000000000000000000000000000000000000/examples',
];
const GARBAGE_TYPES = ['application/json', 'application/octet-stream', 'image/png', 'text/csv', 'x/y'];

/** Random bytes, or JSON with huge numbers, for a random route. */
export function createGarbage(random: Random): Attack {
  const choose = <Item>(items: readonly Item[]) => items[random.below(items.length)] as Item;
  const bytes = Uint8Array.from({ length: random.below(2000) }, () => random.below(256));
  const huge = JSON.stringify({
    data: 'digits',
    epochs: 1e9,
    hidden: [1e9, 1e9],
    seeds: list(500, (i) => i),
    instances: 1e308,
    inputs: [{ name: 'input', datatype: 'FP32', shape: [1e15, 784], data: [] }],
  });
  return {
    method: choose(['POST', 'PUT', 'DELETE', 'PATCH']),
    path: choose(GARBAGE_PATHS),
    headers: { 'content-type': choose(GARBAGE_TYPES), 'inference-header-content-length': String(random.below(5000)) },
    body: random.below(2) === 0 ? bytes : huge,
    needsToken: random.below(2) === 0,
  };
}

/** Promises a body, sends a part of it slowly, and hangs up without reading the response. */
export async function hangUp(url: string, random: Random): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // The service may close the connection first.
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  socket.write(`POST /predict HTTP/1.1\r\nhost: ${hostname}\r\ncontent-length: 784\r\n\r\n`);
  for (let piece = 0; piece < random.below(20); piece++) {
    socket.write(new Uint8Array(random.below(30)));
    await wait(50);
  }
  socket.destroy();
}
