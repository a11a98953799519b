/** A schema as a tree. References open on demand, because a schema may contain itself. */
import { createElement } from '../dom.ts';
import { type ApiDocument, type ApiSchema, resolveSchema } from './api-document.ts';
import { renderInline } from './markdown.ts';

/** The fields of a schema, or its alternatives. */
export function renderSchema(document: ApiDocument, reference: ApiSchema): HTMLElement {
  const { schema } = resolveSchema(document, reference);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) {
    const items = alternatives.map((each) => createElement('li', ...renderValue(document, each)));
    return createElement('div', createElement('p', 'One of:'), createList(items));
  }
  const { properties, required } = collectFields(document, schema);
  const items = Object.entries(properties).map(([name, field]) => {
    const label = createElement('code', name);
    const mark = required.includes(name) ? [' ', createNote('required')] : [];
    return createElement('li', label, ...mark, ' ', ...renderValue(document, field));
  });
  return items.length > 0 ? createList(items) : createElement('p', ...renderValue(document, reference));
}

/** Type, limits and description, and the fields of an object below them. */
function renderValue(document: ApiDocument, reference: ApiSchema): (Node | string)[] {
  const { schema } = resolveSchema(document, reference);
  const description = reference.description ?? schema.description;
  return [
    createNote([describeType(document, reference), ...describeLimits(schema)].join(', ')),
    ...(description === undefined ? [] : [createElement('span', ' ', ...renderInline(description))]),
    ...renderInner(document, reference),
  ];
}

/** A disclosure with the fields of an object, or of the items of a list. */
function renderInner(document: ApiDocument, reference: ApiSchema): HTMLElement[] {
  const { schema } = resolveSchema(document, reference);
  const isList = schema.items !== undefined;
  const inner = isList ? (schema.items ?? {}) : reference;
  const target = resolveSchema(document, inner).schema;
  if (!hasFields(document, target)) return [];
  const summary = createElement('summary', isList ? 'Fields of an item' : 'Fields');
  const details = createElement('details', summary);
  details.addEventListener('toggle', () => details.append(renderSchema(document, inner)), { once: true });
  return [details];
}

function hasFields(document: ApiDocument, schema: ApiSchema): boolean {
  if (Object.keys(collectFields(document, schema).properties).length > 0) return true;
  // A union of plain types is complete in one line.
  const alternatives = schema.anyOf ?? schema.oneOf ?? [];
  return alternatives.some((each) => {
    const inner = resolveSchema(document, each).schema;
    return hasFields(document, inner) || inner.description !== undefined;
  });
}

/** Fields of an object and of its parts. */
function collectFields(
  document: ApiDocument,
  schema: ApiSchema,
): { properties: Record<string, ApiSchema>; required: string[] } {
  const parts = (schema.allOf ?? []).map((part) => collectFields(document, resolveSchema(document, part).schema));
  return {
    properties: Object.assign({}, ...parts.map(({ properties }) => properties), schema.properties),
    required: [...parts.flatMap(({ required }) => required), ...(schema.required ?? [])],
  };
}

/** `integer`, `list of numbers`, `Job`, `queued or running`. */
function describeType(document: ApiDocument, reference: ApiSchema): string {
  const { name, schema } = resolveSchema(document, reference);
  if (name !== undefined) return name;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  if (schema.items !== undefined) return `list of ${describeType(document, schema.items)}`;
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) {
    return [...new Set(alternatives.map((each) => describeType(document, each)))].join(' or ');
  }
  const [part] = schema.allOf ?? [];
  if (part !== undefined) return describeType(document, part);
  if (schema.format === 'binary') return 'file';
  const names = Object.keys(schema.properties ?? {});
  if (names.length > 0) return `object with ${names.join(', ')}`;
  return schema.type === undefined ? 'any value' : [schema.type].flat().join(' or ');
}

function describeLimits(schema: ApiSchema): string[] {
  const limits: [string, unknown][] = [
    ['≥', schema.minimum],
    ['>', schema.exclusiveMinimum],
    ['≤', schema.maximum],
    ['<', schema.exclusiveMaximum],
    ['default', schema.default],
  ];
  return limits
    .filter(([, value]) => value !== undefined && Math.abs(Number(value)) !== Number.MAX_SAFE_INTEGER)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`);
}

function createNote(text: string): HTMLElement {
  return Object.assign(createElement('span', text), { className: 'type' });
}

function createList(items: readonly HTMLElement[]): HTMLElement {
  return Object.assign(createElement('ul', ...items), { className: 'fields' });
}
