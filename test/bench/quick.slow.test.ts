/** npm run bench -- --quick with the installed contenders: all results agree, and missing contenders are listed. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const RUN = fileURLToPath(new URL('../../bench/run.ts', import.meta.url));
const WORKLOADS = ['sgd', 'batch-64', 'tiny-8-16-3', 'predict-1', 'cold-start'];

function bench(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [RUN, ...args]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

it('verifies the results of all contenders', async () => {
  const { code, stdout, stderr } = await bench('--quick', '--workload', WORKLOADS.join(','));
  expect(code, stderr).toBe(0);
  for (const name of WORKLOADS) expect(stdout).toContain(`### ${name}\n`);
  expect(stdout.match(/^\| \*\*edge-mlp\*\* \| /gm)).toHaveLength(WORKLOADS.length);
  for (const peer of [
    'plain C',
    'NumPy',
    'PyTorch',
    'scikit-learn',
    'ONNX Runtime native',
    'ONNX Runtime Web',
    'TensorFlow.js wasm',
    'TensorFlow.js cpu',
    'jax-js',
    'brain.js',
  ]) {
    expect(stdout.includes(`| ${peer} | `) || stdout.includes(`Not measured: ${peer}, because `), peer).toBe(true);
  }
});

it.each([
  [['--workload', 'sgd,sdg'], '--workload: expected names from sgd, batch-64,'],
  [['--rounds', '0'], '--rounds: expected a whole number of at least 1, got 0'],
])('rejects %j', async (args, message) => {
  const { code, stderr } = await bench(...args);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
});
