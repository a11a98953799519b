/** The parts of an OpenAPI 3.1 document that the reference shows. */

export interface ApiSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, ApiSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | ApiSchema;
  readonly items?: ApiSchema;
  readonly allOf?: readonly ApiSchema[];
  readonly anyOf?: readonly ApiSchema[];
  readonly oneOf?: readonly ApiSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

export interface ApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description?: string;
  readonly example?: string;
  readonly schema: ApiSchema;
}

export interface ApiExample {
  readonly summary: string;
  readonly value?: unknown;
  /** Address of a file. */
  readonly externalValue?: string;
}

export interface MediaType {
  readonly schema: ApiSchema;
  readonly examples?: Readonly<Record<string, ApiExample>>;
}

interface ApiResponse {
  readonly description: string;
  readonly content?: Readonly<Record<string, MediaType>>;
  readonly headers?: Readonly<Record<string, { readonly description: string }>>;
  readonly links?: Readonly<Record<string, ApiLink>>;
}

/** An operation that needs a part of the answer. */
interface ApiLink {
  readonly operationId: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Name of the body example that leads to this answer. Default: the first. */
  readonly 'x-example'?: string;
}

export interface ApiOperation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  /** Alternatives; an empty one needs no token. */
  readonly security: readonly { readonly token?: readonly string[] }[];
  readonly parameters?: readonly ApiParameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, MediaType>> };
  readonly responses: Readonly<Record<string, ApiResponse>>;
}

export interface ApiDocument {
  readonly info: { readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<ApiOperation, 'method' | 'path'>>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, ApiSchema>> };
}

/** An operation to run, and the body example that it sends. */
export interface Step {
  readonly operation: ApiOperation;
  readonly example: string | undefined;
}

/** Called with the answer to an operation, which others may need. */
export type AnswerListener = (
  operation: ApiOperation,
  values: Readonly<Record<string, string>>,
  answer: unknown,
) => void;

export function listOperations({ paths }: ApiDocument): ApiOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, ...operation })),
  );
}

/** Links of the successful answers, without repetitions. */
export function listLinks({ responses }: ApiOperation): ApiLink[] {
  const successful = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const links = successful.flatMap(([, response]) => Object.values(response.links ?? {}));
  return [...new Map(links.map((link) => [link.operationId, link])).values()];
}

/** The operations whose answers an operation needs, in order. Only the first needs nothing. */
export function listSteps(operations: readonly ApiOperation[], { operationId }: ApiOperation): Step[] {
  for (const operation of operations) {
    const link = listLinks(operation).find((each) => each.operationId === operationId);
    if (link === undefined) continue;
    // A longer way may need another example of the first operation.
    const before = listSteps(operations, operation);
    return [...before, { operation, example: link['x-example'] }];
  }
  return [];
}

/** The values of a link's parameters, from the request and the answer. */
export function readLink(
  { parameters }: ApiLink,
  values: Readonly<Record<string, string>>,
  answer: unknown,
): Record<string, string> {
  const found = Object.entries(parameters).map(([name, expression]) => [name, evaluate(expression, values, answer)]);
  return Object.fromEntries(found);
}

/** A runtime expression: OpenAPI 3.1, section 4.8.20.4. Empty for a part that is absent. */
function evaluate(expression: string, values: Readonly<Record<string, string>>, answer: unknown): string {
  const [, parameter] = /^\$request\.path\.(.+)$/.exec(expression) ?? [];
  if (parameter !== undefined) return values[parameter] ?? '';
  const [, field = ''] = /^\$response\.body#\/(\w+)$/.exec(expression) ?? [];
  return String((answer as Readonly<Record<string, unknown>> | undefined)?.[field] ?? '');
}

/** The name and the contents of a schema that may be a reference. */
export function resolveSchema(
  { components }: ApiDocument,
  schema: ApiSchema,
): { name: string | undefined; schema: ApiSchema } {
  if (schema.$ref === undefined) return { name: undefined, schema };
  const name = schema.$ref.replace('#/components/schemas/', '');
  return { name, schema: components.schemas[name] ?? {} };
}
