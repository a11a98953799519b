/** HTTP servers on the loopback address, for one test each. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { onTestFinished } from 'vitest';

/** Starts a server that is closed after the test. Returns its URL, without a slash at the end. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Answers with the files of a folder, and with 404 for all other paths. */
export function listenForFiles(folder: string): RequestListener {
  return ({ url = '/' }, response) => {
    const path = join(folder, normalize(url === '/' ? '/index.html' : url));
    if (!existsSync(path) || !statSync(path).isFile()) response.writeHead(404).end();
    else response.setHeader('content-type', TYPES[extname(path)] ?? 'text/plain').end(readFileSync(path));
  };
}
