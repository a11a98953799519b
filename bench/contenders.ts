/** Who is measured, by which program, on how much of each workload; who is absent, and how to get it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outcome, output } from './process.ts';
import type { Outcome, Task } from './task.ts';

export interface Contender {
  readonly name: string;
  readonly version: string;
  /**
   * The workloads it takes part in, each with the samples it is timed on (`'all'`, or one of the checkpoints: the time of slow ones is
   * scaled), or the calls of a prediction, or the process starts of one round.
   */
  readonly share: Readonly<Record<string, number | 'all'>>;
  /** It trains on another loss, so that its accuracy is compared. */
  readonly ownLoss?: boolean;
  readonly run: (task: Task) => Outcome;
}

export interface Absent {
  readonly name: string;
  /** Why, and how to get it. */
  readonly reason: string;
}

/** Whose results the others are held to, and whose time is 1. */
export const OURS = 'edge-mlp';

const FULL_TRAINING = {
  sgd: 'all',
  'batch-32': 'all',
  'batch-64': 'all',
  'batch-256': 'all',
  'dense-64': 'all',
  'deep-64': 'all',
  memory: 'all',
} as const;
const TFJS_TRAINING = {
  sgd: 320,
  'batch-32': 1280,
  'batch-64': 6400,
  'batch-256': 6400,
  'dense-64': 1280,
  'deep-64': 1280,
  'tiny-2-3-2': 640,
  'tiny-8-16-3': 640,
  memory: 6400,
} as const;
const STARTS = 5;

/** Tries all; `folder` takes their tasks and binaries. */
export function findContenders(folder: string): { present: Contender[]; absent: Absent[] } {
  const found = [
    ...edgeMlp(folder),
    ...plainC(folder),
    ...python(folder),
    ...peer(folder, 'onnxruntime-node', 'ONNX Runtime native', 'onnxruntime.ts', {
      'predict-1': 5000,
      'predict-10000': 5,
    }),
    ...peer(folder, 'onnxruntime-web', 'ONNX Runtime Web', 'onnxruntime.ts', { 'predict-1': 2000, 'predict-10000': 3 }),
    ...peer(folder, '@tensorflow/tfjs-backend-wasm', 'TensorFlow.js wasm', 'tfjs.ts', {
      ...TFJS_TRAINING,
      'predict-1': 1000,
      'predict-10000': 2,
    }),
    ...peer(folder, '@tensorflow/tfjs', 'TensorFlow.js cpu', 'tfjs.ts', {
      ...TFJS_TRAINING,
      'batch-64': 1280,
      'batch-256': 1280,
      memory: 1280,
      'predict-1': 200,
      'predict-10000': 1,
    }),
    ...peer(folder, 'brain.js', 'brain.js', 'brain.ts', { 'tiny-2-3-2': 'all', 'tiny-8-16-3': 'all' }),
  ];
  return {
    present: found.filter((item) => 'run' in item),
    absent: found.filter((item) => 'reason' in item),
  };
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The task as a file, whose path is returned. */
function taskFile(folder: string, task: Task): string {
  const path = join(folder, 'task.json');
  writeFileSync(path, JSON.stringify(task));
  return path;
}

/** A program for Node: the cold start has one for all libraries. */
function nodeContender(
  folder: string,
  { file, argument, library }: { readonly file: string; readonly argument: string; readonly library: string },
): Contender['run'] {
  return (task) =>
    outcome(process.execPath, [
      here(`contenders/${task.kind === 'cold' ? 'cold-start.mjs' : file}`),
      taskFile(folder, task),
      task.kind === 'cold' ? library : argument,
    ]);
}

/** Ours has a row for each way of calling it; a row takes part where it makes a difference. */
function edgeMlp(folder: string): Contender[] {
  const { version } = JSON.parse(readFileSync(here('../package.json'), 'utf8'));
  const rows = [
    {
      name: OURS,
      variant: {},
      share: {
        ...FULL_TRAINING,
        'tiny-2-3-2': 'all',
        'tiny-8-16-3': 'all',
        'predict-1': 50_000,
        'predict-10000': 10,
        'cold-start': STARTS,
      },
    },
    {
      name: `${OURS}, 2 threads`,
      variant: { threads: 2 },
      share: { 'batch-64': 'all', 'batch-256': 'all', 'dense-64': 'all', 'deep-64': 'all' },
    },
    {
      name: 'edge-mlp, given floats',
      variant: { pixels: 'floats' },
      share: { 'predict-1': 50_000, 'predict-10000': 10 },
    },
  ] as const;
  return rows.map(({ name, variant, share }) => ({
    name,
    version,
    share,
    run: nodeContender(folder, { file: 'edge-mlp.ts', argument: JSON.stringify(variant), library: 'edge-mlp' }),
  }));
}

/** A package of bench/package.json. */
function peer(
  folder: string,
  name: string,
  title: string,
  file: string,
  share: Contender['share'],
): [Contender | Absent] {
  if (!existsSync(here(`node_modules/${name}`)))
    return [{ name: title, reason: `${name} is not installed: npm ci --prefix bench --ignore-scripts` }];
  const { version } = JSON.parse(readFileSync(here(`node_modules/${name}/package.json`), 'utf8'));
  const backend = { '@tensorflow/tfjs': 'cpu', '@tensorflow/tfjs-backend-wasm': 'wasm' }[name];
  const library = backend === undefined ? name : `tfjs-${backend}`;
  const run = nodeContender(folder, { file, argument: backend ?? name, library });
  const starts = name === 'brain.js' ? {} : { 'cold-start': STARTS };
  return [{ name: title, version, share: { ...share, ...starts }, ownLoss: name === 'brain.js', run }];
}

const PYTHONS = ['python3', '/usr/bin/python3'];
/** Prints the versions of a module and of Python. */
const versionScript = (module: string) =>
  `import platform, ${module}; print(f"{${module}.__version__} (Python {platform.python_version()})")`;

/** Each module by the first Python that has it. */
function python(folder: string): (Contender | Absent)[] {
  const slow = { ...FULL_TRAINING, sgd: 6400, 'tiny-2-3-2': 6400, 'tiny-8-16-3': 6400 } as const;
  const predictions = { 'predict-1': 2000, 'predict-10000': 5 };
  // scikit-learn gives two classes one output, which is another network.
  const { 'tiny-2-3-2': _, ...sklearn } = slow;
  const modules = [
    { module: 'numpy', title: 'NumPy', file: 'numpy_mlp.py', share: { ...slow, ...predictions } },
    { module: 'torch', title: 'PyTorch', file: 'torch_mlp.py', share: { ...slow, ...predictions } },
    { module: 'sklearn', title: 'scikit-learn', file: 'sklearn_mlp.py', share: { ...sklearn, ...predictions } },
  ];
  return modules.map(({ module, title, file, share }) => {
    for (const command of PYTHONS) {
      const version = output(command, ['-c', versionScript(module)]);
      if (version === undefined) continue;
      const run = (task: Task) => outcome(command, [here(`contenders/${file}`), taskFile(folder, task)]);
      return { name: title, version, share, run };
    }
    const install = module === 'sklearn' ? 'scikit-learn' : module;
    return { name: title, reason: `no python3 has ${module}: python3 -m pip install ${install}` };
  });
}

const C_FLAGS = ['-O3', '-march=native'];

/** Compiled for the sizes of each network. */
function plainC(folder: string): [Contender | Absent] {
  const version = output('cc', ['--version'])?.split('\n')[0];
  if (version === undefined) return [{ name: 'plain C', reason: 'there is no C compiler: install gcc or clang as cc' }];
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
  if (task.kind === 'cold') throw new Error('plain C: expected no task of cold start');
  const rest =
    task.kind === 'train'
      ? [task.learningRate, task.batchSize, ...task.checkpoints]
      : [task.batch, task.warmCalls, task.calls, task.compared];
  return outcome(binary, [task.kind, data, weights, ...rest.map(String)]);
}

/** Returns the binary's path. Throws where it cannot be compiled. */
export function compileC(file: string, binary: string, flags: readonly string[]): string {
  if (output('cc', [...flags, here(`contenders/${file}`), '-o', binary, '-lm']) === undefined)
    throw new Error(`cc ${flags.join(' ')} ${file} failed`);
  return binary;
}
