/** Numbers of one line: a row of a picture of MNIST. */
const NUMBERS_PER_LINE = 28;

/** JSON with an indent of 2, and lists of numbers in lines. */
export function formatJson(value: unknown, indent = ''): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    if (value.every((item) => typeof item === 'number')) return formatNumbers(value, indent);
    return `[\n${value.map((item) => inner + formatJson(item, inner)).join(',\n')}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value);
  if (fields.length === 0) return '{}';
  const lines = fields.map(([key, field]) => `${inner}${JSON.stringify(key)}: ${formatJson(field, inner)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

function formatNumbers(numbers: readonly number[], indent: string): string {
  if (numbers.length <= NUMBERS_PER_LINE) return `[${numbers.join(', ')}]`;
  const lines = Array.from({ length: Math.ceil(numbers.length / NUMBERS_PER_LINE) }, (_, line) =>
    numbers.slice(NUMBERS_PER_LINE * line, NUMBERS_PER_LINE * (line + 1)).join(', '),
  );
  return `[\n${lines.map((line) => `${indent}  ${line}`).join(',\n')}\n${indent}]`;
}
