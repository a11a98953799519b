import type { Case } from './case.ts';

export interface Outcome {
  readonly row: Case;
  readonly result: { readonly kind: 'passed' } | { readonly kind: 'failed' | 'not run'; readonly reason: string };
}

/** A table in Markdown, as in docs/bundlers.md. */
export function formatTable(outcomes: readonly Outcome[]): string {
  const lines = outcomes.map(({ row, result }) => {
    const tick = { passed: '✓', failed: '✗', 'not run': 'not run' }[result.kind];
    const [tool = ''] = row.packages;
    const version = tool.replace(/(?<=.)@/, ' ');
    return `| ${tick} | ${row.where} | ${version} | \`${row.entry ?? 'edge-mlp'}\` | ${row.configuration ?? ''} |`;
  });
  return ['| | Environment | Tool | Import | Configuration |', '|---|---|---|---|---|', ...lines].join('\n');
}
