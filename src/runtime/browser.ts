/**
 * The library for browsers.
 *
 * @module edge-mlp
 */
import { EdgeMlpError, errorMessage } from '../core/errors.ts';
import { Kernels } from '../core/kernels.ts';

export * from '../index.ts';

/**
 * Fetches and compiles the kernels. Every call creates an instance with its own memory. Pass `url` if a bundler or a
 * server moved the file; with Vite: `import url from 'edge-mlp/kernels.wasm?url'`. Any media type is accepted. Throws
 * EdgeMlpError "remote".
 */
export async function loadKernels(
  url: URL | string = new URL('../../build/kernels.wasm', import.meta.url),
): Promise<Kernels> {
  const response = await fetch(url).catch((cause: unknown) => {
    throw missing(url, errorMessage(cause), cause);
  });
  if (!response.ok) throw missing(url, `${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  // Many servers answer unknown addresses with a page.
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) throw missing(url, 'something else');
  return new Kernels(await WebAssembly.compile(bytes));
}

/** The first bytes of every WebAssembly module. */
const MAGIC = [0, 0x61, 0x73, 0x6d];

function missing(url: URL | string, got: string, cause?: unknown): EdgeMlpError {
  const hint = 'pass loadKernels the URL of edge-mlp/kernels.wasm';
  return new EdgeMlpError('remote', `${url}: expected the kernels, got ${got}: ${hint}`, { cause });
}
