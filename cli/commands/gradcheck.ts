import type { Command } from 'commander';
import { softmax } from '../../src/reference/index.ts';
import { loadKernels } from '../../src/runtime/node.ts';
import { type Check, checkAgrees, gradientChecks, LOGITS, TARGET } from '../assignment/gradient-checks.ts';
import { scalarPasses } from '../assignment/question-three.ts';
import { print, printJson, table } from '../terminal.ts';

const EXAMPLES = `
Examples:
  $ edge-mlp gradcheck`;

export function addGradcheckCommand(program: Command): void {
  program
    .command('gradcheck')
    .description(
      'questions 1 to 3: derivatives of softmax, cross-entropy and a 2-3-2 network, beside central differences',
    )
    .option('--json', 'print all values as one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(async ({ json }: { json?: boolean }) => {
      const checks = gradientChecks(await loadKernels());
      const failed = checks.filter((item) => !checkAgrees(item));
      if (json) printJson({ passed: failed.length === 0, checks });
      else printChecks(checks);
      if (failed.length === 0) return;
      throw new Error(`${failed.length} derivatives differ: ${failed.map(({ name }) => name).join(', ')}`);
    });
}

function printChecks(checks: readonly Check[]): void {
  const y = softmax(LOGITS);
  print(
    `logits o = [${LOGITS.join(', ')}], y = softmax(o) = [${y.map(digits).join(', ')}], target class c = ${TARGET}`,
  );
  for (const group of new Set(checks.map((item) => item.group))) {
    print(`\n${group}`);
    const rows = checks
      .filter((item) => item.group === group)
      .map(({ name, derived, beside }) => {
        return [`  ${name}`, digits(derived), digits(beside), Math.abs(derived - beside).toExponential(1)];
      });
    print(table(['', 'by formula', 'beside it', 'difference'], rows));
  }
  const { h, o, y: answer, loss } = scalarPasses();
  print(
    `\n3   forward: h = [${h.map(digits).join(', ')}], o = [${o.map(digits).join(', ')}], y = [${answer.map(digits).join(', ')}], l = ${digits(loss)}`,
  );
  print(`\n${checks.filter(checkAgrees).length} of ${checks.length} agree`);
}

/** Every digit that a float64 has; no negative zero. */
function digits(value: number): string {
  return String(value === 0 ? 0 : value);
}
