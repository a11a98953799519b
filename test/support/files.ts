/** A static file server for tests, on the loopback address. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Starts a server. Its URL has no slash at the end. */
export async function listen(listener: RequestListener): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** Answers with the files of a folder, with additional headers, and with 404 for all other paths. */
export function listenForFiles(folder: string, headers: Record<string, string> = {}): RequestListener {
  return ({ url = '/' }, response) => {
    const path = join(folder, normalize(url === '/' ? '/index.html' : url));
    if (!existsSync(path) || !statSync(path).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain', ...headers });
    response.end(readFileSync(path));
  };
}
