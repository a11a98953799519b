/** Reporter of `npm test`: lists at the end which tests did not run, and why. */
import { globSync, readFileSync } from 'node:fs';
import type { Reporter } from 'vitest/node';
import { describeMissingTools } from './tools.ts';

export default class LeftOut implements Reporter {
  onTestRunEnd(): void {
    const files = globSync('test/**/*.slow.test.ts').sort();
    const width = Math.max(...files.map((file) => file.length));
    const lines = [
      'Left out by npm test (npm run test:all runs them):',
      ...files.map((file) => `  ${file.padEnd(width)}  ${readSubject(file)}`),
      ...describeMissingTools().map((reason) => `Skipped: ${reason}`),
    ];
    console.log(`\n${lines.join('\n')}\n`);
  }
}

/** First sentence of the comment at the top of a test file. */
function readSubject(file: string): string {
  const [, comment = ''] = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(file, 'utf8')) ?? [];
  const text = comment.replaceAll(/\n \*/g, ' ').replaceAll(/\s+/g, ' ').trim();
  return text.split(/(?<=[.:;]) /)[0]?.replace(/[.:;]$/, '') ?? '';
}
