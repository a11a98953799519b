/** The built page without a service: static files with the headers of web/public/_headers. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { ROOT } from './package.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};

export interface StaticPage {
  readonly url: string;
  /** Paths that were requested and do not exist, such as routes of the service. */
  readonly missing: readonly string[];
  stop(): Promise<void>;
}

export async function serveStaticPage(): Promise<StaticPage> {
  const root = join(ROOT, 'build/web');
  const policy = /Content-Security-Policy: (.+)/.exec(readFileSync(join(root, '_headers'), 'utf8'))?.[1] ?? '';
  const missing: string[] = [];
  const server = createServer(({ url = '/' }, response) => {
    const path = url === '/' ? '/index.html' : (url.split('?')[0] ?? '');
    const file = join(root, path);
    if (!existsSync(file)) {
      missing.push(path);
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
      return;
    }
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}`, missing, stop };
}
