/** Copies the kernels and the bundled model into dist, and makes the command executable. */
import { chmodSync, cpSync } from 'node:fs';

const KERNELS = ['kernels.wasm', 'kernels.threads.wasm', 'kernels.d.ts', 'kernels-hex.js', 'kernels-hex.d.ts'];

for (const file of KERNELS) cpSync(`build/${file}`, `dist/build/${file}`);
cpSync('models/mnist-784-300-10.int8.safetensors', 'dist/models/mnist.bin');
chmodSync('dist/cli/main.js', 0o755);
