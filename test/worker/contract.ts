/** Checks answers of the service against its OpenAPI document, with a validator that is not part of the service. */
import { exports } from 'cloudflare:workers';
import { type Schema, Validator } from '@cfworker/json-schema';

interface Answer {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Record<string, Answer> }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const ERROR: Answer = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } };

let reading: Promise<Document> | undefined;
const validators = new Map<Schema, Validator>();

/** The answer. Throws if the document does not describe it. Does not read event streams and files. */
export async function checkAnswer(request: Request, response: Response): Promise<Response> {
  await check(request.method, new URL(request.url).pathname, response);
  return response;
}

async function check(method: string, path: string, response: Response): Promise<void> {
  reading ??= readDocument();
  const document = await reading;
  const { status } = response;
  const name = `${method} ${path}: ${status}`;
  const answer = findAnswer(document, method, path, status);
  if (answer === undefined) throw new Error(`${name}: the document has no such answer`);
  for (const [header, { required }] of Object.entries(answer.headers ?? {})) {
    if (required && !response.headers.has(header)) throw new Error(`${name}: expected the header ${header}`);
  }
  if (method === 'HEAD') return;
  if (answer.content === undefined) {
    if ((await response.clone().text()) !== '') throw new Error(`${name}: expected no body`);
    return;
  }
  const type = response.headers.get('content-type')?.split(';')[0] ?? 'none';
  const content = answer.content[type];
  if (content === undefined) throw new Error(`${name}: the document has no content of type ${type}`);
  if (type !== 'application/json') return;
  const validator = validators.get(content.schema) ?? new Validator(close(content.schema, document), '2020-12');
  validators.set(content.schema, validator);
  const { valid, errors } = validator.validate(await response.clone().json());
  if (!valid) throw new Error(`${name}: ${errors.map((each) => `${each.instanceLocation}: ${each.error}`).join('\n')}`);
}

async function readDocument(): Promise<Document> {
  const request = new Request('https://edge-mlp.test/openapi.json', { headers: { 'cf-connecting-ip': '10.255.0.1' } });
  return (await exports.default.fetch(request)).json();
}

function findAnswer(document: Document, method: string, path: string, status: number): Answer | undefined {
  const matches = Object.keys(document.paths).filter((template) =>
    new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}/?$`).test(path),
  );
  // As the router: without parameters first.
  const [template = ''] = matches.sort((a, b) => a.split('{').length - b.split('{').length);
  const item = document.paths[template];
  if (item === undefined) return status === 404 || status === 429 ? ERROR : undefined;
  if (method === 'OPTIONS') return status === 204 ? {} : undefined;
  const operation = item[method === 'HEAD' ? 'get' : method.toLowerCase()];
  if (operation === undefined) return status === 405 || status === 429 ? ERROR : undefined;
  return operation.responses[status];
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
