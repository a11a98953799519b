/** Parsers of request bodies. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DatasetRequest } from '../../../src/api/datasets.ts';
import { z } from '../../../src/api/fields.ts';
import { JobRequest } from '../../../src/api/jobs.ts';
import { LearnerRequest, PromoteRequest } from '../../../src/api/learners.ts';
import { AliasRequest } from '../../../src/api/models.ts';
import { SweepRequest } from '../../../src/api/sweeps.ts';
import { jsonSamples, type SampleShape } from '../../../src/data/json-samples.ts';
import { parseJson } from '../../../worker/json.ts';
import { parseInferRequest } from '../../../worker/protocol/request.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { type JsonSchema, schemaValues } from '../schema-values.ts';
import { assertFinite, jsonBytes, MB, nearly, utf8 } from '../values.ts';

/** Bodies that routes check with a schema. */
const SCHEMAS = { AliasRequest, DatasetRequest, JobRequest, LearnerRequest, PromoteRequest, SweepRequest };

const BODY_TARGETS = Object.entries(SCHEMAS).map(([name, schema]): FuzzTarget => {
  const bodies = schemaValues(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema);
  return {
    name: `body-${name.replace('Request', '').toLowerCase()}`,
    seeds: fc.sample(bodies, { numRuns: 10, seed: 1 }).map(jsonBytes),
    inputs: nearly(bodies).map(jsonBytes),
    parse: (bytes) => {
      // The service stores a request as JSON, and reads it again.
      const stored = JSON.stringify(schema.parse(parseJson(bytes)));
      assert.equal(JSON.stringify(schema.parse(JSON.parse(stored))), stored);
    },
    memory: { perByte: 500, base: MB },
  };
});

/** Two inputs per sample, with each kind of scaling. */
const SHAPES: readonly SampleShape[] = [
  { columns: 2, scaling: { kind: 'bytes' } },
  { columns: 2, scaling: { kind: 'identity' } },
  { columns: 2, scaling: { kind: 'standard', mean: [1, -2], standardDeviation: [0.5, 1e-3] } },
];
const sample = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 2, maxLength: 2 });
const samples = fc.oneof(
  sample,
  fc.array(sample, { maxLength: 4 }),
  fc.array(
    sample.map((row) => [row]),
    { maxLength: 3 },
  ),
);
const sampleBodies = fc.oneof(
  samples,
  samples.map((inputs) => ({ inputs })),
  fc.record({ pixels: samples, scale: fc.constantFrom(1, 255, 1000) }, { requiredKeys: ['pixels'] }),
);

const TYPES = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'BF16',
  'FP32',
  'FP64',
];

/** An inference request: whether it has the header with the length of its JSON, the JSON, and bytes behind it. */
interface Infer {
  readonly json: unknown;
  readonly binary: Uint8Array;
  readonly headed: boolean;
}

/** The length of the JSON as a line, or an empty line without the header, then the body. */
function formatInfer({ json, binary, headed }: Infer): Uint8Array {
  const head = jsonBytes(json);
  return Buffer.concat([utf8(headed ? `${head.length}\n` : '\n'), head, headed ? binary : new Uint8Array()]);
}

const outputs = fc.array(
  fc.record(
    {
      name: fc.constantFrom('label', 'probabilities'),
      parameters: fc.record({ binary_data: fc.boolean(), classification: fc.nat(3) }, { requiredKeys: [] }),
    },
    { requiredKeys: ['name'] },
  ),
  { maxLength: 2 },
);

const infers = fc
  .record({
    datatype: fc.constantFrom(...TYPES),
    rows: fc.integer({ min: 0, max: 3 }),
    headed: fc.boolean(),
    bytes: fc.uint8Array({ minLength: 48, maxLength: 48 }),
    numbers: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 6, maxLength: 6 }),
    outputs,
    id: fc.constantFrom('7', null),
  })
  .map(({ datatype, rows, headed, bytes, numbers, ...rest }): Infer => {
    const size = (/FP64|64$/.test(datatype) ? 8 : /32$/.test(datatype) ? 4 : /16$/.test(datatype) ? 2 : 1) * 2 * rows;
    const head = { name: 'input', datatype, shape: [rows, 2] };
    const input = headed
      ? { ...head, parameters: { binary_data_size: size } }
      : { ...head, data: numbers.slice(0, 2 * rows) };
    return { json: { inputs: [input], ...rest }, binary: bytes.subarray(0, size), headed };
  })
  .chain((infer) => nearly(fc.constant(infer.json)).map((json) => formatInfer({ ...infer, json })));

const MOST_ELEMENTS = 10_000;

function checkInfer(bytes: Uint8Array<ArrayBuffer>): void {
  const end = bytes.indexOf(10);
  const header = new TextDecoder().decode(bytes.subarray(0, Math.max(0, end)));
  const body = bytes.slice(end + 1);
  const input = { name: 'input', columns: 2 };
  const { inputs } = parseInferRequest(body, header === '' ? undefined : header, input, MOST_ELEMENTS);
  for (const { shape, values } of inputs) {
    assert.equal(
      values.length,
      shape.reduce((product, side) => product * side, 1),
    );
    assert(values.length <= MOST_ELEMENTS);
  }
}

export const SERVICE_TARGETS: readonly FuzzTarget[] = [
  ...BODY_TARGETS,
  {
    name: 'json-samples',
    seeds: fc.sample(sampleBodies, { numRuns: 10, seed: 1 }).map(jsonBytes),
    inputs: nearly(sampleBodies).map(jsonBytes),
    parse: (bytes) => {
      const value = parseJson(bytes);
      for (const shape of SHAPES) {
        const inputs = jsonSamples(value, shape, 'body');
        assert(inputs.length > 0 && inputs.length % 2 === 0);
        assertFinite(inputs, ...(shape.scaling.kind === 'bytes' ? [0, 1] : []));
      }
    },
    memory: { perByte: 200, base: MB },
  },
  {
    name: 'infer',
    seeds: fc.sample(infers, { numRuns: 20, seed: 1 }),
    inputs: infers,
    parse: checkInfer,
    memory: { perByte: 200, base: MB },
  },
];
