/** The programs that are compared, the amount of each workload that they run, and how to install missing ones. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { enableWidening } from '../dist/src/runtime/node.js';
import { readOutput, runContender } from './process.ts';
import type { Outcome, Task, Variant } from './task.ts';

export interface Contender {
  readonly name: string;
  readonly version: string;
  /**
   * Amount by workload; workloads not listed are skipped. Training: number of samples, `'all'` or one of the
   * checkpoints (times of fewer samples are scaled). Prediction: number of calls. Cold start: process starts per round.
   */
  readonly share: Readonly<Record<string, number | 'all'>>;
  readonly run: (task: Task) => Outcome;
  /** Interpreter and module of a Python contender. */
  readonly python?: { readonly command: string; readonly module: string };
}

export interface MissingContender {
  readonly name: string;
  /** Why it is missing and how to install it. */
  readonly reason: string;
}

/** The reference for results. */
export const OURS = 'edge-mlp';
/** With vectors of 256 bits. */
export const WIDENED = 'edge-mlp, widened';
export const inThreads = (name: string) => `${name}, 2 threads`;

const FULL_TRAINING = {
  sgd: 'all',
  'batch-64': 'all',
  'batch-256': 'all',
  'dense-64': 'all',
  'deep-64': 'all',
  memory: 'all',
} as const;
const TFJS_TRAINING = {
  sgd: 320,
  'batch-64': 6400,
  'batch-256': 6400,
  'dense-64': 1280,
  'deep-64': 1280,
  'tiny-2-3-2': 640,
  'tiny-8-16-3': 640,
  memory: 6400,
} as const;
const STARTS = 5;

/** Finds the installed contenders; `folder` receives their tasks and binaries. */
export function findContenders(folder: string): { present: Contender[]; absent: MissingContender[] } {
  const contenders = [
    ...findEdgeMlp(folder),
    ...findPlainC(folder),
    ...findPython(folder),
    ...findPeer(folder, 'onnxruntime-node', 'ONNX Runtime native', 'onnxruntime.ts', {
      'predict-1': 5000,
      'predict-10000': 5,
      'cold-start': STARTS,
    }),
    ...findPeer(folder, 'onnxruntime-web', 'ONNX Runtime Web', 'onnxruntime.ts', {
      'predict-1': 2000,
      'predict-10000': 3,
      'cold-start': STARTS,
    }),
    ...findPeer(folder, '@tensorflow/tfjs-backend-wasm', 'TensorFlow.js wasm', 'tfjs.ts', {
      ...TFJS_TRAINING,
      'predict-1': 1000,
      'predict-10000': 2,
      'cold-start': STARTS,
    }),
    ...findPeer(folder, '@tensorflow/tfjs', 'TensorFlow.js cpu', 'tfjs.ts', {
      ...TFJS_TRAINING,
      'batch-64': 1280,
      'batch-256': 1280,
      memory: 1280,
      'predict-1': 200,
      'predict-10000': 1,
      'cold-start': STARTS,
    }),
    ...findPeer(folder, '@jax-js/jax', 'jax-js', 'jax.ts', { 'batch-64': 1280, 'dense-64': 1280, 'deep-64': 1280 }),
    ...findPeer(folder, 'brain.js', 'brain.js', 'brain.ts', { 'tiny-2-3-2': 'all', 'tiny-8-16-3': 'all' }),
  ];
  return {
    present: contenders.filter((item) => 'run' in item),
    absent: contenders.filter((item) => 'reason' in item),
  };
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Writes the task to a file and returns its path. */
function writeTask(folder: string, task: Task): string {
  const path = join(folder, 'task.json');
  writeFileSync(path, JSON.stringify(task));
  return path;
}

/** Runs a contender in Node. All libraries share one program for the cold start. */
function createNodeRunner(
  folder: string,
  { file, argument, library }: { readonly file: string; readonly argument: string; readonly library: string },
): Contender['run'] {
  return (task) =>
    runContender(process.execPath, [
      here(`contenders/${task.kind === 'cold' ? 'cold-start.mjs' : file}`),
      writeTask(folder, task),
      task.kind === 'cold' ? library : argument,
    ]);
}

/** One contender per variant of edge-mlp; a variant takes part in the workloads that it affects. */
function findEdgeMlp(folder: string): (Contender | MissingContender)[] {
  const widening = enableWidening();
  const { version } = JSON.parse(readFileSync(here('../package.json'), 'utf8'));
  const { memory, ...timed } = FULL_TRAINING;
  const predictions = { 'predict-1': 50_000, 'predict-10000': 10 } as const;
  const one = { ...timed, 'tiny-2-3-2': 'all', 'tiny-8-16-3': 'all', ...predictions } as const;
  const two = { 'batch-64': 'all', 'batch-256': 'all', 'dense-64': 'all', 'deep-64': 'all' } as const;
  const rows: { name: string; variant: Variant; share: Contender['share'] }[] = [
    { name: OURS, variant: {}, share: { ...one, 'cold-start': STARTS, memory } },
    { name: WIDENED, variant: { widened: true }, share: one },
    { name: inThreads(OURS), variant: { threads: 2 }, share: two },
    { name: inThreads(WIDENED), variant: { threads: 2, widened: true }, share: two },
    { name: 'edge-mlp, given floats', variant: { pixels: 'floats' }, share: predictions },
  ];
  return rows.map(({ name, variant, share }) => {
    if (variant.widened && !widening.on) return { name, reason: widening.reason };
    const argument = JSON.stringify(variant);
    return {
      name,
      version,
      share,
      run: createNodeRunner(folder, { file: 'edge-mlp.ts', argument, library: 'edge-mlp' }),
    };
  });
}

/** A contender from a package in bench/package.json. */
function findPeer(
  folder: string,
  name: string,
  title: string,
  file: string,
  share: Contender['share'],
): [Contender | MissingContender] {
  if (!existsSync(here(`node_modules/${name}`)))
    return [{ name: title, reason: `${name} is not installed. Run: npm ci --prefix bench --ignore-scripts` }];
  const { version } = JSON.parse(readFileSync(here(`node_modules/${name}/package.json`), 'utf8'));
  const backend = { '@tensorflow/tfjs': 'cpu', '@tensorflow/tfjs-backend-wasm': 'wasm' }[name];
  const library = backend === undefined ? name : `tfjs-${backend}`;
  const run = createNodeRunner(folder, { file, argument: backend ?? name, library });
  return [{ name: title, version, share, run }];
}

const PYTHONS = ['python3', '/usr/bin/python3'];
/** A Python script that prints the versions of a module and of Python. */
const createVersionScript = (module: string) =>
  `import platform, ${module}; print(f"{${module}.__version__} (Python {platform.python_version()})")`;

/** Uses the first Python interpreter that has the module. */
function findPython(folder: string): (Contender | MissingContender)[] {
  const slow = {
    sgd: 6400,
    'batch-64': 12_800,
    'batch-256': 12_800,
    'dense-64': 'all',
    'deep-64': 12_800,
    'tiny-2-3-2': 6400,
    'tiny-8-16-3': 6400,
    memory: 'all',
  } as const;
  const predictions = { 'predict-1': 2000, 'predict-10000': 5 };
  // scikit-learn uses a single output for two classes, which is a different network.
  const { 'tiny-2-3-2': _, ...sklearn } = slow;
  const modules = [
    { module: 'numpy', title: 'NumPy', file: 'numpy_mlp.py', share: { ...slow, ...predictions } },
    { module: 'torch', title: 'PyTorch', file: 'torch_mlp.py', share: { ...slow, ...predictions } },
    { module: 'sklearn', title: 'scikit-learn', file: 'sklearn_mlp.py', share: { ...sklearn, ...predictions } },
  ];
  return modules.map(({ module, title, file, share }) => {
    for (const command of PYTHONS) {
      const version = readOutput(command, ['-c', createVersionScript(module)]);
      if (version === undefined) continue;
      const run = (task: Task) => runContender(command, [here(`contenders/${file}`), writeTask(folder, task)]);
      return { name: title, version, share, run, python: { command, module } };
    }
    const install = module === 'sklearn' ? 'scikit-learn' : module;
    return { name: title, reason: `no python3 has the module ${module}. Run: python3 -m pip install ${install}` };
  });
}

const C_FLAGS = ['-O3', '-march=native'];

/** The C program is compiled for the sizes of each network. */
function findPlainC(folder: string): [Contender | MissingContender] {
  const version = readOutput('cc', ['--version'])?.split('\n')[0];
  if (version === undefined) return [{ name: 'plain C', reason: 'no C compiler found. Install gcc or clang as cc' }];
  const { 'deep-64': _, ...training } = FULL_TRAINING;
  const share = {
    ...training,
    'tiny-2-3-2': 'all',
    'tiny-8-16-3': 'all',
    'predict-1': 20_000,
    'predict-10000': 5,
  } as const;
  return [{ name: 'plain C', version, share, run: (task) => runC(folder, task) }];
}

function runC(folder: string, task: Task): Outcome {
  const [inputs, hidden, classes] = task.layers;
  const sizes = [`-DINPUTS=${inputs}`, `-DHIDDEN=${hidden}`, `-DCLASSES=${classes}`];
  if (task.inputs === 'floats') sizes.push('-DFLOATS');
  const binary = join(folder, `mlp${sizes.join('')}`);
  if (!existsSync(binary)) compileC('mlp.c', binary, [...C_FLAGS, ...sizes]);
  const { data, weights } = task;
  if (task.kind === 'cold') throw new Error('plain C: cold-start tasks are not supported');
  const rest =
    task.kind === 'train'
      ? [task.learningRate, task.batchSize, ...task.checkpoints]
      : [task.batch, task.warmCalls, task.calls, task.compared];
  return runContender(binary, [task.kind, data, weights, ...rest.map(String)]);
}

/** Returns the binary's path. Throws if the compiler fails. */
export function compileC(file: string, binary: string, flags: readonly string[]): string {
  if (readOutput('cc', [...flags, here(`contenders/${file}`), '-o', binary, '-lm']) === undefined)
    throw new Error(`cc ${flags.join(' ')} ${file} failed`);
  return binary;
}
