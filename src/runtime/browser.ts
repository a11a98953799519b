/**
 * For browsers: the kernels, fetched.
 *
 * @module edge-mlp
 */
import { EdgeMlpError, errorMessage } from '../core/errors.ts';
import { Kernels } from '../core/kernels.ts';

export * from '../index.ts';

/**
 * Fetches and compiles the kernels. Every call makes an instance with a memory of its own.
 * `url` is needed where a bundler or a server has put the file elsewhere: vite says where by
 * `import url from 'edge-mlp/kernels.wasm?url'`, for others the file is copied beside the page. Whatever media type it has is right.
 * Throws `remote` where there is no such file.
 *
 * @example
 * ```ts
 * import { loadKernels, Mlp } from 'edge-mlp';
 *  *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * console.log(mlp.predict(Float32Array.of(0.5, -0.5)).label);
 * ```
 */
export async function loadKernels(
  url: URL | string = new URL('../../build/kernels.wasm', import.meta.url),
): Promise<Kernels> {
  const response = await fetch(url).catch((cause: unknown) => {
    throw missing(url, errorMessage(cause), cause);
  });
  if (!response.ok) throw missing(url, `${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  // Many servers have a page for every address that they do not know.
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) throw missing(url, 'something else');
  return new Kernels(await WebAssembly.compile(bytes));
}

/** The first bytes of every module of WebAssembly. */
const MAGIC = [0, 0x61, 0x73, 0x6d];

function missing(url: URL | string, got: string, cause?: unknown): EdgeMlpError {
  const hint = "give loadKernels the URL of the package's build/kernels.wasm";
  return new EdgeMlpError('remote', `${url}: expected the kernels, got ${got}: ${hint}`, { cause });
}
