/**
 * Completes dist: the kernels, the decoders, the bundled model, an executable command, and modes that do not depend on
 * the umask.
 */
import { chmodSync, cpSync, globSync, readFileSync, statSync } from 'node:fs';

const WASM = ['kernels.wasm', 'kernels.threads.wasm', 'kernels.d.ts', 'jpeg.wasm', 'webp.wasm'];

for (const file of WASM) cpSync(`build/${file}`, `dist/build/${file}`);
cpSync('models/mnist-784-300-10.int8.safetensors', 'dist/models/mnist.bin');
chmodSync('dist/cli/main.js', 0o755);

/** npm packs the modes of the disk: the same sources would give other tarballs. */
const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as { files: string[] };
const packed = files.filter((pattern) => !pattern.startsWith('!')).flatMap((pattern) => [pattern, `${pattern}/**`]);
for (const path of globSync(['package.json', 'README.md', 'LICENSE', ...packed])) {
  const status = statSync(path);
  if (status.isFile()) chmodSync(path, status.mode & 0o100 ? 0o755 : 0o644);
}
