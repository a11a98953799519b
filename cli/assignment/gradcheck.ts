/** `gradcheck`: the derivatives of questions 1 to 3, compared with central differences. */
import type { Command } from 'commander';
import { softmax } from '../../src/reference/index.ts';
import { loadKernels } from '../../src/runtime/node.ts';
import { allDigits } from '../numbers.ts';
import { print, printJson, table } from '../terminal.ts';
import { type Check, checkAgrees, gradientChecks, LOGITS, TARGET } from './gradient-checks.ts';
import { scalarPasses } from './question-three.ts';

const EXAMPLES = `
Examples:
  $ edge-mlp gradcheck`;

export function addGradcheckCommand(program: Command): void {
  program
    .command('gradcheck')
    .description(
      'compare the derivatives of softmax, cross-entropy and a 2-3-2 network with central differences (questions 1 to 3)',
    )
    .option('--json', 'print all values as one JSON object to stdout')
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
  const list = (values: readonly number[]) => `[${values.map(allDigits).join(', ')}]`;
  print(`logits o = ${list(LOGITS)}, y = softmax(o) = ${list(softmax(LOGITS))}, target class c = ${TARGET}`);
  for (const group of new Set(checks.map((item) => item.group))) {
    print('', group);
    const rows = checks
      .filter((item) => item.group === group)
      .map(({ name, derived, beside }) => {
        return [`  ${name}`, allDigits(derived), allDigits(beside), Math.abs(derived - beside).toExponential(1)];
      });
    print(...table(['', 'formula', 'comparison', 'difference'], rows));
  }
  const { h, o, y, loss } = scalarPasses();
  print('', `3   forward pass: h = ${list(h)}, o = ${list(o)}, y = ${list(y)}, l = ${allDigits(loss)}`);
  print('', `${checks.filter(checkAgrees).length} of ${checks.length} agree`);
}
