/** Checks requests and answers against the OpenAPI document, with a validator that is not part of the service. */
import { exports } from 'cloudflare:workers';
import { type Schema, Validator } from '@cfworker/json-schema';

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Answer {
  readonly content?: Content;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: Schema;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Answer>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const ERROR: Answer = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } };

let reading: Promise<Document> | undefined;
const validators = new Map<Schema, Validator>();
const patterns = new Map<string, RegExp>();

/** The answer. Throws if the document does not describe it. Does not read event streams and files. */
export async function checkAnswer(request: Request, response: Response): Promise<Response> {
  reading ??= readDocument();
  const document = await reading;
  const { status } = response;
  const path = new URL(request.url).pathname;
  const name = `${request.method} ${path}: ${status}`;
  const answer = findAnswer(document, request.method, path, status);
  if (answer === undefined) throw new Error(`${name}: the document has no such answer`);
  for (const [header, { required }] of Object.entries(answer.headers ?? {})) {
    if (required && !response.headers.has(header)) throw new Error(`${name}: expected the header ${header}`);
  }
  if (request.method === 'HEAD') return response;
  if (answer.content === undefined) {
    if ((await response.clone().text()) !== '') throw new Error(`${name}: expected no body`);
    return response;
  }
  const type = readMediaType(response.headers);
  const content = answer.content[type];
  if (content === undefined) throw new Error(`${name}: the document has no content of type ${type}`);
  if (type === 'application/json') validate(name, await response.clone().json(), content.schema, document);
  return response;
}

/**
 * Throws if the document does not describe an accepted request, because clients that validate would not send it. `body`
 * is its body if that is a text.
 */
export async function checkAccepted(request: Request, body: string | undefined): Promise<void> {
  reading ??= readDocument();
  const document = await reading;
  const { pathname, searchParams } = new URL(request.url);
  const name = `request ${request.method} ${pathname}`;
  const { template, operation } = findOperation(document, request.method, pathname);
  if (template === undefined || operation === undefined) return;
  const { parameters = [] } = operation;
  const inPath = matchPath(template, pathname)?.groups ?? {};
  for (const { name: parameter, in: place, schema } of parameters) {
    const value = {
      path: () => decodeURIComponent(inPath[parameter] ?? ''),
      query: () => searchParams.get(parameter),
      header: () => request.headers.get(parameter),
    }[place]();
    if (value === null) continue;
    validate(`${name}: ${parameter}`, schema.type === 'integer' ? Number(value) : value, schema, document);
  }
  const known = parameters.map((parameter) => parameter.name);
  const unknown = [...searchParams.keys()].find((key) => !known.includes(key));
  if (unknown !== undefined) throw new Error(`${name}: the document has no parameter ${unknown}`);
  const isJson = body !== undefined && readMediaType(request.headers) === 'application/json';
  const schema = operation.requestBody?.content['application/json']?.schema;
  if (isJson && schema !== undefined) validate(name, JSON.parse(body), schema, document);
}

async function readDocument(): Promise<Document> {
  const request = new Request('https://edge-mlp.test/openapi.json', { headers: { 'cf-connecting-ip': '10.255.0.1' } });
  return (await exports.default.fetch(request)).json();
}

function readMediaType(headers: Headers): string {
  return headers.get('content-type')?.split(';')[0] ?? 'none';
}

function validate(name: string, value: unknown, schema: Schema, document: Document): void {
  const validator = validators.get(schema) ?? new Validator(close(schema, document), '2020-12');
  validators.set(schema, validator);
  const { valid, errors } = validator.validate(value);
  if (!valid) throw new Error(`${name}: ${errors.map((each) => `${each.instanceLocation}: ${each.error}`).join('\n')}`);
}

function matchPath(template: string, path: string): RegExpExecArray | null {
  const pattern = patterns.get(template) ?? new RegExp(`^${template.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}/?$`);
  patterns.set(template, pattern);
  return pattern.exec(path);
}

function findOperation(document: Document, method: string, path: string) {
  // As the router: without parameters first.
  const [template] = Object.keys(document.paths)
    .filter((each) => matchPath(each, path) !== null)
    .sort((a, b) => a.split('{').length - b.split('{').length);
  const item = document.paths[template ?? ''];
  return { template, operation: item?.[method === 'HEAD' ? 'get' : method.toLowerCase()] };
}

function findAnswer(document: Document, method: string, path: string, status: number): Answer | undefined {
  const { template, operation } = findOperation(document, method, path);
  if (operation !== undefined) return operation.responses[status];
  if (method === 'OPTIONS' && status === 204) return {};
  const refusals = [429, template === undefined ? 404 : 405];
  return refusals.includes(status) ? ERROR : undefined;
}

/** The schema without references, whose objects have no other fields than the schema names. */
function close(schema: Schema, document: Document): Schema {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/components/schemas/', '');
    return close(document.components.schemas[name] as Schema, document);
  }
  const inner = (each: Schema) => close(each, document);
  const parts = (schema.allOf ?? []).map(inner);
  const own = {
    ...schema,
    ...(schema.properties && { properties: mapValues(schema.properties, inner) }),
    ...(schema.items && { items: inner(schema.items as Schema) }),
    ...(typeof schema.additionalProperties === 'object' && {
      additionalProperties: inner(schema.additionalProperties),
    }),
    ...(schema.anyOf && { anyOf: schema.anyOf.map(inner) }),
    ...(schema.oneOf && { oneOf: schema.oneOf.map(inner) }),
  };
  const { allOf: _, ...merged } = parts.reduce(merge, own);
  return merged.properties === undefined || merged.additionalProperties !== undefined
    ? merged
    : { ...merged, additionalProperties: false };
}

/** The conjunction of two schemas without references. */
function merge(a: Schema, b: Schema): Schema {
  const properties = { ...b.properties, ...a.properties };
  const { additionalProperties: _, ...rest } = b;
  return {
    ...rest,
    ...a,
    ...(Object.keys(properties).length > 0 && { properties }),
    required: [...(a.required ?? []), ...(b.required ?? [])],
  };
}

function mapValues(record: Readonly<Record<string, Schema | boolean>>, map: (schema: Schema) => Schema) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value as Schema)]));
}
