/**
 * Compares the import and export of ONNX with ONNX Runtime: the unit tests with ONNX Runtime Web, then, if Python has
 * onnx and onnxruntime, fresh files of other programs and changed graphs. PYTHON is the interpreter (default: python3).
 *
 * npm run test:onnx [networks] [graphs] [seed]
 */
import { spawnSync } from 'node:child_process';

const python = process.env.PYTHON ?? 'python3';
const [networks = '500', graphs = '20000', seed = '1'] = process.argv.slice(2);

function run(command: string, ...args: string[]): number {
  return spawnSync(command, args, { stdio: 'inherit' }).status ?? 1;
}

const statuses = [run('npx', 'vitest', 'run', '--project', 'node', 'test/format/onnx')];
const hasPython = spawnSync(python, ['-c', 'import numpy, onnx, onnxruntime']).status === 0;
if (hasPython) {
  statuses.push(run(python, 'test/onnx/exports.py', networks, seed), run(python, 'test/onnx/mutate.py', graphs, seed));
} else {
  console.error(
    `${python} has no numpy, onnx and onnxruntime: the comparisons with fresh files and changed graphs are left out.`,
  );
  console.error(
    'Install them with: pip install numpy onnx onnxruntime torch onnxscript scikit-learn skl2onnx tensorflow tf2onnx',
  );
}
process.exitCode = Math.max(...statuses);
