/**
 * The mutants of a source file: copies with one small fault each.
 *
 * Operators are swapped, bounds moved by one, conditions fixed, signs dropped, constants changed, and statements
 * removed. Texts with spaces do not change: they are messages for people. Types and imports do not change.
 */
import { parseAst } from 'rolldown/parseAst';

export interface Mutant {
  /** Path in the project. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly change: Edit;
  /** Shows whether the tests reach the place: makes its statement throw. */
  readonly probe: Edit;
}

/** Replaces the characters from `start` to `end`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A node of the syntax tree, whose fields depend on its type (ESTree with TypeScript). */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '**': ['*'],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '==': ['!='],
  '!=': ['=='],
  '===': ['!=='],
  '!==': ['==='],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '&': ['|'],
  '|': ['&'],
  '^': ['|'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '+=': ['-='],
  '-=': ['+='],
  '*=': ['/='],
  '/=': ['*='],
  '|=': ['&='],
  '&=': ['|='],
  '^=': ['|='],
  '??=': ['='],
  '++': ['--'],
  '--': ['++'],
};

/** Operations with names: those of vectors, of Math, and `min` and `max` of AssemblyScript. */
const OPERATIONS: Readonly<Record<string, string>> = {
  add: 'sub',
  sub: 'add',
  mul: 'add',
  div: 'mul',
  min: 'max',
  max: 'min',
  pmin: 'pmax',
  pmax: 'pmin',
  lt: 'le',
  le: 'lt',
  gt: 'ge',
  ge: 'gt',
  eq: 'ne',
  ne: 'eq',
  and: 'or',
  or: 'and',
  xor: 'or',
  andnot: 'and',
  shl: 'shr_u',
  shr_s: 'shr_u',
  shr_u: 'shl',
  floor: 'ceil',
  ceil: 'floor',
  some: 'every',
  every: 'some',
};
const VECTORS = /^(?:[fi]\d+x\d+|v128|Math)$/;
const LOOPS = ['ForStatement', 'WhileStatement', 'DoWhileStatement'];
const REMOVABLE = ['ExpressionStatement', 'ThrowStatement', 'BreakStatement', 'ContinueStatement'];

/** All mutants, in the order of the file. */
export function findMutants(file: string, source: string): Mutant[] {
  const mutants: Mutant[] = [];
  const assembly = file.startsWith('assembly/');
  // TypeScript allows decorators only in other places.
  const text = source.replace(/^\s*@\w+$/gm, (decorator) => ' '.repeat(decorator.length));
  const fault = assembly ? 'unreachable();' : "throw new Error('reached');";
  visit(parseAst(text, { lang: 'ts' }) as unknown as Node, { start: 0, end: 0, text: fault });
  return mutants.sort((a, b) => a.change.start - b.change.start);

  function visit(node: Node, outer: Edit): void {
    if (
      /^TS\w+(?<!AsExpression|NonNullExpression|SatisfiesExpression|TypeAssertion)$|^(Import|ExportAll)/.test(node.type)
    ) {
      return;
    }
    const probe = findProbe(node) ?? outer;
    for (const change of findChanges(node, text, assembly)) {
      const line = source.slice(0, change.start).split('\n').length;
      mutants.push({ file, line, change, probe });
    }
    for (const [field, value] of Object.entries(node)) {
      if (node.type === 'ExportNamedDeclaration' && field !== 'declaration') continue;
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, probe);
    }
  }

  /** The edit that makes a statement throw, or the value of an arrow function. */
  function findProbe({ type, start, end, body }: Node): Edit | undefined {
    if (type === 'ArrowFunctionExpression' && isNode(body) && body.type !== 'BlockStatement') {
      return { start: body.start, end: body.end, text: `(() => { ${fault} })()` };
    }
    // Without a semicolon it is the head of a loop; behind `export` nothing can be inserted.
    if (type === 'VariableDeclaration' && source[end - 1] === ';' && !source.slice(0, start).endsWith('export ')) {
      return { start, end: start, text: fault };
    }
    if (!type.endsWith('Statement') || type === 'BlockStatement') return undefined;
    return { start, end, text: `{ ${fault} ${source.slice(start, end)} }` };
  }
}

export function applyEdit(source: string, { start, end, text }: Edit): string {
  return source.slice(0, start) + text + source.slice(end);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function findChanges(node: Node, source: string, assembly: boolean): Edit[] {
  const replace = (target: Node, ...texts: string[]) =>
    texts.map((text) => ({ start: target.start, end: target.end, text }));
  const { type, operator, left, right, argument, test } = node;
  if (REMOVABLE.includes(type) || (type === 'ReturnStatement' && !argument)) {
    const isDirective = typeof node.directive === 'string';
    return isDirective || source.startsWith('super(', node.start) ? [] : replace(node, ';');
  }
  if (/^(Binary|Logical|Assignment)Expression$/.test(type) && isNode(left) && isNode(right)) {
    return swapOperator(source, left.end, right.start, operator);
  }
  if (type === 'UpdateExpression' && isNode(argument)) {
    return node.prefix
      ? swapOperator(source, node.start, argument.start, operator)
      : swapOperator(source, argument.end, node.end, operator);
  }
  if (type === 'UnaryExpression' && isNode(argument) && ['!', '-', '~'].includes(String(operator))) {
    return replace(node, source.slice(argument.start, argument.end));
  }
  if ((type === 'IfStatement' || type === 'ConditionalExpression') && isNode(test))
    return replace(test, 'true', 'false');
  if (LOOPS.includes(type) && isNode(test)) return replace(test, 'false');
  if (type === 'CallExpression' && isNode(node.callee)) return renameOperation(node.callee, assembly);
  if (type === 'Literal') return changeLiteral(node.value).flatMap((text) => replace(node, text));
  return [];
}

function swapOperator(source: string, from: number, to: number, operator: unknown): Edit[] {
  const start = source.indexOf(String(operator), from);
  if (start < 0 || start >= to) return [];
  return (OPERATORS[String(operator)] ?? []).map((text) => ({ start, end: start + String(operator).length, text }));
}

function renameOperation(callee: Node, assembly: boolean): Edit[] {
  const { object, property } = callee;
  const name = isNode(property) && !callee.computed ? property : callee;
  if (typeof name.name !== 'string') return [];
  const isVector = isNode(object) && VECTORS.test(String(object.name));
  const isKnown = isVector || (assembly && name === callee) || /^(some|every)$/.test(name.name);
  const text = Object.hasOwn(OPERATIONS, name.name) ? OPERATIONS[name.name] : undefined;
  return isKnown && text !== undefined ? [{ start: name.start, end: name.end, text }] : [];
}

/** Integers grow by one, other numbers by a tenth. */
function changeLiteral(value: unknown): string[] {
  if (typeof value === 'boolean') return [String(!value)];
  if (typeof value === 'number') return [String(Number.isInteger(value) ? value + 1 : value * 1.1)];
  if (typeof value === 'bigint') return [`${value + 1n}n`];
  if (typeof value === 'string' && !value.includes(' ')) return [value === '' ? "'mutant'" : "''"];
  return [];
}
