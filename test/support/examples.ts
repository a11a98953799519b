/**
 * Runs the examples of documents: each is a module of a project that has the package installed, with its types checked.
 * A line `console.log(…); // text` must print the text.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, runModule } from './package.ts';

export interface Example {
  /** Symbol or document that it is an example for. */
  readonly name: string;
  readonly code: string;
  /** Only the types are checked; the example is not run. */
  readonly typesOnly?: boolean;
}

export interface Outcome {
  readonly name: string;
  readonly expected: readonly string[];
  readonly printed: readonly string[];
  readonly error?: string;
}

/** Checks the types of all examples, then runs them in order. Returns an outcome for each example that was run. */
export function runExamples(project: string, examples: readonly Example[]): Outcome[] {
  const folder = join(project, 'examples');
  mkdirSync(folder, { recursive: true });
  const files = examples.map(({ code }, n) => {
    const file = join(folder, `${n}.mts`);
    writeFileSync(file, `${code}\nexport {};\n`);
    return file;
  });
  checkTypes(project, files, examples);
  const executed = examples.flatMap((example, n) => (example.typesOnly ? [] : [{ ...example, file: files[n] ?? '' }]));
  const outcomes = runModule(project, runner(executed.map(({ file }) => file))) as {
    printed: string[];
    error?: string;
  }[];
  return executed.map(({ name, code }, n) => ({
    name,
    expected: [...code.matchAll(/console\.log\(.*\);? \/\/ (.*)$/gm)].map(([, text = '']) => text.trim()),
    ...(outcomes[n] ?? { printed: [], error: 'the example was not run' }),
  }));
}

function checkTypes(project: string, files: readonly string[], examples: readonly Example[]): void {
  const compilerOptions = {
    strict: true,
    target: 'es2024',
    module: 'nodenext',
    noEmit: true,
    lib: ['es2024', 'esnext.disposable', 'dom'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
    types: ['node'],
    skipLibCheck: true,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  try {
    run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', project, '--pretty', 'false'], project);
  } catch (error) {
    const { stdout } = error as { stdout: string };
    throw new Error(stdout.replace(/^examples\/(\d+)\.mts/gm, (_, n) => `example of ${examples[n]?.name}`));
  }
}

/** Text of a module that imports all files in one process and collects what each prints. */
function runner(files: readonly string[]): string {
  return `
    import { formatWithOptions } from 'node:util';
    const outcomes = [];
    const { log } = console;
    for (const file of ${JSON.stringify(files)}) {
      const printed = [];
      console.log = (...values) => printed.push(formatWithOptions({ breakLength: Infinity }, ...values));
      try {
        await import(file);
        outcomes.push({ printed });
      } catch (error) {
        outcomes.push({ printed, error: String(error?.stack ?? error) });
      }
    }
    log(JSON.stringify(outcomes));
  `;
}
