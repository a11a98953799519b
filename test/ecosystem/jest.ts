import { DIGIT_PIXELS, program } from './app.ts';
import type { Case } from './case.ts';

const JEST_BODY = `
test('the app', async () => {
  const [model, pixels] = ['mnist.bin', 'pixels.bin'].map((name) => new Uint8Array(fs.readFileSync(name)));
  fs.writeFileSync('result.json', JSON.stringify(await run(model, pixels)));
});`;
/** jsdom lacks what model files are read and written with. */
const TEXT_CODERS =
  "const { TextDecoder, TextEncoder } = require('node:util'); Object.assign(globalThis, { TextDecoder, TextEncoder });";
const jest = (format: 'module' | 'commonjs', environment: 'node' | 'jsdom', entry?: 'edge-mlp/inline'): Case => ({
  name: `jest-${format === 'module' ? 'esm' : 'cjs'}-${environment}`,
  where: `Jest: ${format === 'module' ? 'ESM' : 'CommonJS'}, ${environment}`,
  packages: ['jest@30.5.2', 'jest-environment-jsdom@30.5.2'],
  ...(entry && { entry }),
  ...(environment === 'jsdom' && { configuration: '`setupFiles` with `TextEncoder` and `TextDecoder`' }),
  async run(project) {
    const file = format === 'module' ? 'app.test.mjs' : 'app.test.cjs';
    project.write({
      [file]: program({
        format,
        ...(entry && { entry }),
        modules: { fs: 'node:fs' },
        passesPixels: true,
        body: JEST_BODY,
      }),
      'mnist.bin': project.model,
      'pixels.bin': DIGIT_PIXELS,
      'text-coders.cjs': TEXT_CODERS,
    });
    const env = format === 'module' ? { NODE_OPTIONS: '--experimental-vm-modules' } : {};
    const setup = environment === 'jsdom' ? ['--setupFiles', './text-coders.cjs'] : [];
    await project.run('jest', [`--env=${environment}`, ...setup, '--testMatch', `**/${file}`], env);
    return [project.readJson('result.json')];
  },
});

export const jestCases: readonly Case[] = [
  jest('module', 'node'),
  jest('module', 'jsdom'),
  jest('commonjs', 'node', 'edge-mlp/inline'),
  jest('commonjs', 'jsdom', 'edge-mlp/inline'),
];
