/**
 * Trains on each table of a folder with one command, and prints the outcomes as a table in Markdown:
 *
 *     node scripts/public-tables.ts FOLDER
 *
 * The first command has no options of reading. After a refusal, the options that its message names are added. Tables
 * are not part of the repository: docs/internals/tables.md names their packages.
 */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
/** More refusals of one table would mean that messages do not help. */
const MOST_COMMANDS = 6;

/** Options in messages, and what is typed: the option as in the message, or another value that the message offers. */
const OFFERS: readonly (readonly [offer: RegExp, option: (match: RegExpExecArray) => readonly string[]])[] = [
  [/use (--no-header)/, () => ['--no-header']],
  [/use --label ('[^']+'|[^\s:;]+)/, ([, name = '']) => ['--label', unquote(name)]],
  [/use --encoding (\S+)/, ([, name = '']) => ['--encoding', name]],
  [/--decimal ","/, () => ['--decimal', ',']],
  [/--missing mean/, () => ['--missing', 'mean']],
  [/--missing drop/, () => ['--missing', 'drop']],
  [/--ignore ('[^']+'|[^\s:;]+)/, ([, names = '']) => ['--ignore', unquote(names)]],
  [/--task regression/, () => ['--task', 'regression']],
];

function unquote(text: string): string {
  return text.replace(/^'|'$/g, '');
}

function run(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : 1, stdout, stderr });
    });
  });
}

async function tryTable(folder: string, file: string): Promise<string> {
  const options: string[] = [];
  for (let count = 0; ; count++) {
    const out = join(folder, '.model.safetensors');
    const { code, stderr } = await run([
      'train',
      '--data',
      join(folder, file),
      ...options,
      '--epochs',
      '5',
      '--out',
      out,
    ]);
    if (code === 0) return formatRow(file, options, describeSuccess(stderr));
    const message = /error: (.*)/.exec(stderr)?.[1]?.replaceAll(`${folder}/`, '') ?? stderr.slice(0, 200);
    const offer = OFFERS.map(([form, option]) => ({ match: form.exec(message), option })).find(
      ({ match, option }) => match !== null && !options.includes(option(match)[0] ?? ''),
    );
    if (offer?.match == null || count === MOST_COMMANDS) return formatRow(file, options, `refused: ${message}`);
    options.push(...offer.option(offer.match));
  }
}

/** The lines of the plan that tell rows and network. */
function describeSuccess(stderr: string): string {
  const line = (title: string) => new RegExp(`^${title} +(.*)$`, 'm').exec(stderr)?.[1] ?? '';
  return `trained, ${line('network')}; ${line('data').replace(/^[^:]*: /, '')}`;
}

function formatRow(file: string, options: readonly string[], outcome: string): string {
  const words = options.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  return `| ${file} | ${words === '' ? '' : `\`${words}\``} | ${outcome.replaceAll('|', '\\|')} |`;
}

const [folder = '.'] = process.argv.slice(2);
console.log('| Table | Options, each named by a message | Outcome |\n|---|---|---|');
for (const file of readdirSync(folder)
  .filter((name) => /\.[ct]sv(\.gz)?$/i.test(name))
  .sort()) {
  console.log(await tryTable(folder, file));
}
