/**
 * Limits of requests and of an isolate, which has 128 MB for all its requests. Limits of single fields are in src/api.
 */

export const MB = 2 ** 20;
export const MS_PER_HOUR = 3_600_000;
export const MS_PER_DAY = 24 * MS_PER_HOUR;

export const LIMITS = {
  /** Samples per request: 1,000 samples of 784-300-10 take about 10 ms of computing. */
  batch: 1000,
  /** Probabilities per response: about 25 bytes each in JSON. */
  probabilities: 200_000,
  /** Characters of a class or feature name: every prediction contains the name of its class. */
  nameLength: 256,
  /** Bytes of a prediction request or a piece of a data set, before and after decompression. */
  bodyBytes: 8 * MB,
  /** Levels of lists and objects in JSON. Requests need six. */
  jsonDepth: 16,
  /** Lists, objects and fields in JSON: 1,000 images of 28 rows have 29,001 lists. */
  jsonParts: 100_000,
  /** Bytes of the JSON that starts a job or a sweep, or finishes a data set with its 256 class names. */
  optionsBytes: 2 ** 16,
  /** Bytes of any other JSON body. */
  smallBodyBytes: 4096,
  /** Pixels of a decoded PNG: with four channels of two bytes, 32 MB. */
  picturePixels: 2 ** 22,
  /** Bytes of an uploaded model: 4 million parameters. */
  modelBytes: 16 * MB,
  /** Versions of a model. */
  versions: 1000,
  /** Bytes of an uploaded ONNX file. Conversion through float64 takes seven times as much memory. */
  onnxBytes: 8 * MB,
  /** Bytes of all cached networks. The least recently used are evicted. */
  networkBytes: 32 * MB,
  /** Bytes of the kernels' linear memory, which never shrinks: above this the cache starts with a new instance. */
  linearMemoryBytes: 64 * MB,
  /** Bytes of all versions of a model, and of all pieces of a data set. */
  nameBytes: 512 * MB,
  /** Megabytes of all that is stored, unless the variable STORAGE_MB is set. The free plan has 5,000. */
  storageMB: 4000,
  /** Megabytes of a token without the scope admin, unless the variable TOKEN_STORAGE_MB is set. */
  tokenStorageMB: 1000,
  /** Seconds for which an isolate uses an answer of the storage: it queries each model once in this time. */
  aliasSeconds: 30,
  /** Seconds until a failed storage, or the storage of an unknown model, is queried again. */
  retrySeconds: 5,
  /** Seconds after which an interrupted change is cleaned up. */
  cleanUpSeconds: 60,
  /** Hours after the last upload when pieces are deleted that no data set has. */
  unfinishedHours: 24,
  /** Characters of the headers and class names of a table. */
  tableNames: 2 ** 18,
  /** Bytes of a job in its isolate: samples, network and checkpoint. */
  jobBytes: 64 * MB,
  /** Bytes of all concurrent jobs of a sweep, which may share an isolate. */
  jobsBytes: 96 * MB,
  /** Bytes of the table of a sweep, in JSON. */
  sweepTableBytes: 16 * MB,
  /** Target computing time between two pauses of a job, in milliseconds. A request may wait for several pauses. */
  stretchMs: 40,
  /** Computing time of a slice of a job, in milliseconds. The stretch that exceeds it ends the slice. */
  sliceMs: 1000,
  /** Seconds between two reports of a job to its sweep. */
  reportSeconds: 5,
  /** Failures of a slice after which the job fails. */
  sliceAttempts: 6,
  /** Starts of a slice without an end after which the job fails: each time, the runtime was killed. */
  sliceBeginnings: 20,
  /** Days for which a finished job and its checkpoint are kept. */
  jobDays: 7,
  /** Days for which a sweep that is over is kept. */
  sweepDays: 90,
  /** Examples per learner. All are stored, so that each can be undone. */
  learnerExamples: 1000,
  /** Bytes of all learners in an isolate's memory. The least recently used are read again when needed. */
  learnerBytes: 48 * MB,
  /** Days after its last use when a learner is deleted. */
  learnerDays: 90,
  /** Bytes of a learner's rehearsal samples: 2,000 samples of 784 float32. */
  rehearsalBytes: 8 * MB,
} as const;
