/** What a request may ask for. An isolate has 128 MB for all its requests together. */

const MB = 2 ** 20;
export const MS_PER_DAY = 86_400_000;

export const LIMITS = {
  /** Samples of one request: 1,000 of 784-300-10 are about 10 ms of computing. */
  batch: 1000,
  /** Of all samples of one request together: as JSON, with what names them, some 25 bytes each. */
  probabilities: 200_000,
  /** Characters of a class or a feature of an uploaded model: each answer names its class. */
  nameLength: 256,
  /** Bytes of a request to predict or infer, as they come and once they are inflated. */
  bodyBytes: 8 * MB,
  /** Of a picture, once it is unpacked: four channels of two bytes make 32 MB. */
  picturePixels: 2 ** 22,
  /** Of an uploaded model: four million parameters. */
  modelBytes: 16 * MB,
  /** Of one in ONNX, whose numbers are float64 twice on their way to float32: seven times this is in memory. */
  onnxBytes: 8 * MB,
  /** Of all networks that are in memory at the same time; the least recently used go first. */
  networkBytes: 32 * MB,
  /** Of the kernels' linear memory, which never shrinks: above this it is given up as a whole and begun anew. */
  linearMemoryBytes: 64 * MB,
  /** An alias that was read longer ago is read again before it is used. */
  aliasSeconds: 30,
  /** A store that has failed is left alone for so long, where something else can answer. */
  retrySeconds: 5,
  /** Of a request that makes a data set of its pieces: it may name 256 classes. */
  datasetBytes: 2 ** 16,
  /** Characters of a table's headers and classes together. */
  tableNames: 2 ** 18,
  /** Of a job: samples, network and checkpoint in its isolate, with room for the rest of it. */
  jobBytes: 64 * MB,
  /** Of all jobs of a sweep at the same time, as they may share an isolate. */
  jobsBytes: 96 * MB,
  /** Of a sweep: three steps each of the 1,024 that a workflow may have on the free plan. */
  sweepRuns: 200,
  sweepConcurrency: 4,
  /** What a slice of training aims at, in milliseconds of computing: a status request may have to wait for so long. */
  sliceMs: 40,
  /** Failures of one slice before the job fails. */
  sliceAttempts: 6,
  /** Times that one slice is begun without coming to an end or a failure: whatever kills the runtime may do so often. */
  sliceBeginnings: 20,
  /** A finished job and its checkpoint are kept for so long. */
  jobDays: 7,
  /** Of a learner: each is kept, so that any can be undone. */
  learnerExamples: 1000,
  /** Of all learners that are in an isolate's memory at the same time; the least recently used are read again. */
  learnerBytes: 48 * MB,
  /** A learner that nobody asks or teaches is deleted after so long. */
  learnerDays: 90,
  /** Of samples that a learner keeps against forgetting, as numbers: 2,000 of 784. */
  keptBytes: 8 * MB,
} as const;
