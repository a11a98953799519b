/** Frameworks that run a part of the app on a server, and Cloudflare Workers. */
import { PAGE, PAGE_BODY, program, WORKER } from './app.ts';
import type { Case } from './case.ts';

const astro: Case = {
  name: 'astro',
  where: 'Astro: page and script',
  packages: ['astro@7.3.5'],
  async run(project) {
    const body = "const result = JSON.stringify(await run(fs.readFileSync('public/mnist.bin')));";
    const server = program({ modules: { fs: 'node:fs' }, body });
    const page = `---\n${server}---\n<pre class="result">{result}</pre>\n<script>\n${PAGE}</script>`;
    project.write({ 'src/pages/index.astro': page, 'public/mnist.bin': project.model });
    await project.run('astro', ['build']);
    return project.open(await project.serve('dist'));
  },
};

const NEXT_PAGE = program({
  modules: { fs: 'node:fs', client: './client.js' },
  body: `
export const dynamic = 'force-dynamic';
export default async function Page() {
  const result = JSON.stringify(await run(fs.readFileSync('public/mnist.bin')));
  return <><pre className="result">{result}</pre><client.Client /></>;
}`,
});
const NEXT_CLIENT = program({
  modules: { react: 'react' },
  body: `export function Client() { react.useEffect(() => { ${PAGE_BODY} }, []); }`,
});
const next = (tool: 'turbopack' | 'webpack'): Case => ({
  name: `next-${tool}`,
  where: `Next.js (${tool}): server and client component`,
  packages: ['next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1'],
  async run(project) {
    project.write({
      'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>;',
      'app/page.js': NEXT_PAGE,
      'app/client.js': `'use client';\n${NEXT_CLIENT}`,
      'public/mnist.bin': project.model,
    });
    await project.run('next', ['build', `--${tool}`]);
    return project.open(await project.startServer('next', (port) => ['start', '-H', '127.0.0.1', '-p', port]));
  },
});

/** Without nodejs_compat, which is the default since August 2026. */
const WRANGLER_CONFIG = 'name = "app"\nmain = "worker.js"\ncompatibility_date = "2026-07-01"\n';
const fetchJson = async (url: string): Promise<unknown> => (await fetch(url)).json();

const wrangler: Case = {
  name: 'wrangler',
  where: 'wrangler: workerd',
  packages: ['wrangler@4.155.0'],
  async run(project) {
    project.write({ 'worker.js': WORKER, 'wrangler.toml': WRANGLER_CONFIG });
    const args = ['dev', '--ip', '127.0.0.1', '--inspector-port', '0', '--show-interactive-dev-session=false'];
    return [await fetchJson(await project.startServer('wrangler', (port) => [...args, '--port', port]))];
  },
};

const cloudflareVite: Case = {
  name: 'cloudflare-vite',
  where: '`@cloudflare/vite-plugin`: dev and build',
  packages: ['@cloudflare/vite-plugin@1.64.0', 'vite@8.3.8', 'wrangler@4.164.0'],
  async run(project) {
    project.write({
      'worker.js': WORKER,
      'wrangler.toml': WRANGLER_CONFIG,
      'vite.config.js': `import { cloudflare } from '@cloudflare/vite-plugin';
        export default { plugins: [cloudflare({ inspectorPort: false })] };`,
    });
    const args = (port: string) => ['--host', '127.0.0.1', '--port', port, '--strictPort'];
    const inDev = await fetchJson(await project.startServer('vite', args));
    await project.run('vite', ['build']);
    return [inDev, await fetchJson(await project.startServer('vite', (port) => ['preview', ...args(port)]))];
  },
};

export const frameworks: readonly Case[] = [astro, next('turbopack'), next('webpack'), wrangler, cloudflareVite];
