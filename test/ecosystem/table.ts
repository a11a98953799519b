import type { Case } from './case.ts';

export interface Outcome {
  readonly row: Case;
  readonly result: { readonly kind: 'passed' } | { readonly kind: 'failed' | 'not run'; readonly reason: string };
}

const HEAD = ['| | Environment | Tool | Import | Configuration |', '|---|---|---|---|---|'];
const TICKS = { passed: '✓', failed: '✗', 'not run': 'not run' };

/** A table in Markdown, as in docs/bundlers.md. */
export function formatTable(outcomes: readonly Outcome[]): string {
  const lines = outcomes.map(({ row, result }) => `| ${TICKS[result.kind]} ${formatCase(row)}`);
  return [...HEAD, ...lines].join('\n');
}

/** A document with its table replaced by one of `cases`. Cases without an outcome keep their tick, if they had a row. */
export function updateTable(document: string, cases: readonly Case[], outcomes: readonly Outcome[]): string {
  const old = readTable(document);
  const lines = cases.map((row) => {
    const outcome = outcomes.find((other) => other.row === row);
    const tick = outcome ? TICKS[outcome.result.kind] : old.find((line) => line.row === formatCase(row))?.tick;
    return `| ${tick ?? TICKS['not run']} ${formatCase(row)}`;
  });
  return document.replace(TABLE, () => [...HEAD, ...lines, ''].join('\n'));
}

/** Rows of the table in a document: the tick, and the other columns as `formatCase` writes them. */
export function readTable(document: string): { tick: string; row: string }[] {
  const [, , ...lines] = TABLE.exec(document)?.[0].trim().split('\n') ?? [];
  return lines.map((line) => {
    const [, tick = '', row = ''] = /^\| (.*?) (\|.*)$/.exec(line) ?? [];
    return { tick, row };
  });
}

const TABLE = /^\| \| Environment .*\n(\|.*\n)+/m;

/** The columns after the tick. */
export function formatCase({ where, packages: [tool = ''], entry, configuration = '' }: Case): string {
  return `| ${where} | ${tool.replace(/(?<=.)@/, ' ')} | \`${entry ?? 'edge-mlp'}\` | ${configuration} |`;
}
