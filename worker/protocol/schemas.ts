/** Bodies of the protocol, for /openapi.json. request.ts and repository.ts read the requests. */
import { z } from '@hono/zod-openapi';

const Count = z.int().min(0);
const Name = z.string().describe('Name of the model');
const Version = z.string().describe('Version number');
const Parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const TensorName = z.string().describe('Name of the tensor');
const Shape = z.array(z.int()).describe('Size of each dimension; -1 for any size');
const Datatype = z.string().describe('Type of the elements, such as FP32');

export const ServerMetadata = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .openapi('ServerMetadata');
export const ServerLive = z.object({ live: z.boolean() }).openapi('ServerLive');
export const ServerReady = ServerLive.extend({ ready: z.boolean() }).openapi('ServerReady');

export const ModelNames = z.object({ models: z.array(z.string()) }).openapi('ModelNames');
export const ModelReady = z.object({ name: Name, ready: z.boolean() }).openapi('ModelReady');

const TensorMetadata = z.object({ name: TensorName, datatype: Datatype, shape: Shape }).openapi('TensorMetadata');
export const ModelMetadata = z
  .object({
    name: Name,
    versions: z.array(Version),
    platform: z.string(),
    properties: z.record(z.string(), z.string()).describe('Classes, scaling and features of the model'),
    inputs: z.array(TensorMetadata),
    outputs: z.array(TensorMetadata),
  })
  .openapi('ModelMetadata');

const TensorConfig = z
  .object({ name: TensorName, data_type: z.string(), dims: Shape.describe('Shape of one sample') })
  .openapi('TensorConfig');
export const ModelConfig = z
  .object({
    name: Name,
    platform: z.string(),
    backend: z.string(),
    version_policy: z.object({ all: z.object({}) }).describe('All versions are served'),
    max_batch_size: Count.describe('Samples that a request may have'),
    input: z.array(TensorConfig),
    output: z.array(TensorConfig),
    model_transaction_policy: z.object({ decoupled: z.boolean() }),
  })
  .openapi('ModelConfig');

const Counter = z.object({ count: Count, ns: Count.describe('Nanoseconds') }).openapi('Counter');
const ModelStatistics = z.object({
  name: Name,
  version: Version,
  last_inference: Count.describe('Time of the last inference, in milliseconds since 1970; 0 if there was none'),
  inference_count: Count.describe('Samples'),
  execution_count: Count.describe('Requests'),
  inference_stats: z.record(z.string(), Counter),
  batch_stats: z.array(
    z.object({ batch_size: Count, compute_input: Counter, compute_infer: Counter, compute_output: Counter }),
  ),
});
export const Statistics = z
  .object({ model_stats: z.array(ModelStatistics).describe('Counts since the start of the isolate') })
  .openapi('Statistics');

/** Some clients write null for absent fields. */
export const InferRequest = z
  .strictObject({
    id: z.string().nullish().describe('Returned in the response'),
    model_name: Name.nullish(),
    parameters: Parameters.nullish(),
    inputs: z.array(
      z.strictObject({
        name: TensorName,
        shape: Shape,
        datatype: Datatype,
        parameters: Parameters.nullish(),
        data: z.array(z.unknown()).nullish().describe('Elements, flat or nested; absent for binary data'),
      }),
    ),
    outputs: z
      .array(z.strictObject({ name: TensorName, parameters: Parameters.nullish() }))
      .nullish()
      .describe('Default: all outputs'),
  })
  .openapi('InferRequest');

export const InferResponse = z
  .object({
    model_name: Name,
    model_version: Version,
    id: z.string().optional().describe('The id of the request'),
    outputs: z.array(
      z.object({
        name: TensorName,
        datatype: Datatype,
        shape: Shape,
        parameters: Parameters.optional(),
        data: z
          .array(z.union([z.number(), z.string()]))
          .optional()
          .describe('Elements; absent for binary data'),
      }),
    ),
  })
  .openapi('InferResponse');

export const RepositoryIndex = z
  .array(z.object({ name: Name, version: Version, state: z.string(), reason: z.string() }))
  .openapi('RepositoryIndex');

export const IndexRequest = z
  .strictObject({ ready: z.boolean().optional().describe('Without effect: all versions are ready') })
  .openapi('IndexRequest');
export const LoadRequest = z.strictObject({ parameters: z.strictObject({}).optional() }).openapi('LoadRequest');
export const UnloadRequest = z
  .strictObject({
    parameters: z
      .strictObject({
        unload_dependents: z.boolean().optional().describe('Without effect: no model depends on another'),
      })
      .optional(),
  })
  .openapi('UnloadRequest');
