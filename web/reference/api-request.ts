/** A request of the reference: how it is built from an operation's examples, and sent. */
import type { ApiExample, ApiOperation, ApiParameter } from './api-document.ts';
import { formatJson } from './format-json.ts';

/** A file to send. */
export interface RequestFile {
  readonly name: string;
  readonly contents: Blob;
  /** Address of an example file; undefined for a file of the user. */
  readonly address: string | undefined;
}

export type RequestBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly type: string; readonly text: string }
  | { readonly kind: 'file'; readonly type: string; readonly file: RequestFile | undefined }
  | { readonly kind: 'form'; readonly files: Readonly<Record<string, RequestFile>> };

export interface ApiRequest {
  readonly operation: ApiOperation;
  /** Values of the parameters. Empty ones are not sent. */
  readonly values: Readonly<Record<string, string>>;
  readonly body: RequestBody;
}

/** Reads an example file. Throws if it cannot be read. */
export type FileReader = (address: string) => Promise<RequestFile>;

/** The parameters that have an example. */
export function exampleValues({ parameters = [] }: ApiOperation): Record<string, string> {
  const given = parameters.filter(({ example }) => example !== undefined);
  return Object.fromEntries(given.map(({ name, example }) => [name, String(example)]));
}

/** The media type that is shown first: the first one with an example. */
export function firstMediaType({ requestBody }: ApiOperation): string | undefined {
  const types = Object.entries(requestBody?.content ?? {});
  return (types.find(([, { examples }]) => examples !== undefined) ?? types[0])?.[0];
}

/** The body of an example: by default, the first of the first media type. */
export async function exampleBody(
  operation: ApiOperation,
  read: FileReader,
  { type = firstMediaType(operation), example }: { type?: string | undefined; example?: string | undefined } = {},
): Promise<RequestBody> {
  if (type === undefined) return { kind: 'none' };
  if (type === 'multipart/form-data') return { kind: 'form', files: {} };
  const examples = operation.requestBody?.content[type]?.examples ?? {};
  const chosen: ApiExample | undefined = examples[example ?? ''] ?? Object.values(examples)[0];
  const isText = isTextType(type);
  if (chosen?.externalValue !== undefined) {
    const file = await read(chosen.externalValue);
    return isText ? { kind: 'text', type, text: await file.contents.text() } : { kind: 'file', type, file };
  }
  if (!isText) return { kind: 'file', type, file: undefined };
  return { kind: 'text', type, text: chosen === undefined ? '' : formatJson(chosen.value) };
}

function isTextType(type: string): boolean {
  return type === 'application/json' || type.startsWith('text/');
}

/** Path and query. A path parameter without a value keeps its braces. */
export function formatAddress({ operation, values }: ApiRequest): string {
  const path = operation.path.replace(/\{(\w+)\}/g, (whole, name) => encodeURIComponent(values[name] ?? '') || whole);
  const query = new URLSearchParams(listValues({ operation, values }, 'query'));
  return query.size === 0 ? path : `${path}?${query}`;
}

/** Headers without the token. */
export function listHeaders({ operation, values, body }: ApiRequest): [string, string][] {
  const type: [string, string][] = body.kind === 'text' || body.kind === 'file' ? [['content-type', body.type]] : [];
  return [...type, ...listValues({ operation, values }, 'header')];
}

function listValues(
  { operation, values }: Pick<ApiRequest, 'operation' | 'values'>,
  place: ApiParameter['in'],
): [string, string][] {
  return (operation.parameters ?? [])
    .filter((parameter) => parameter.in === place && (values[parameter.name] ?? '') !== '')
    .map(({ name }) => [name, values[name] ?? '']);
}

/** Required parameters without a value, and a missing file. */
export function listMissing({ operation, values, body }: ApiRequest): string[] {
  const parameters = (operation.parameters ?? []).filter(({ name, required }) => required && !values[name]);
  const isEmpty =
    (body.kind === 'file' && body.file === undefined) ||
    (body.kind === 'form' && Object.keys(body.files).length === 0) ||
    (body.kind === 'text' && body.text === '' && operation.requestBody?.required === true);
  return [...parameters.map(({ name }) => name), ...(isEmpty ? ['body'] : [])];
}

export function sendRequest(
  request: ApiRequest,
  origin: string,
  { token, signal }: { token: string; signal?: AbortSignal },
): Promise<Response> {
  const headers = new Headers(listHeaders(request));
  if (token !== '') headers.set('authorization', `Bearer ${token}`);
  return fetch(new URL(formatAddress(request), origin), {
    method: request.operation.method,
    headers,
    // The time of a stored answer would say nothing about the service.
    cache: 'no-store',
    ...encodeBody(request.body),
    ...(signal === undefined ? {} : { signal }),
  });
}

function encodeBody(body: RequestBody): { body?: BodyInit } {
  if (body.kind === 'none') return {};
  if (body.kind === 'text') return body.text === '' ? {} : { body: body.text };
  if (body.kind === 'file') return body.file === undefined ? {} : { body: body.file.contents };
  const form = new FormData();
  for (const [field, { contents, name }] of Object.entries(body.files)) form.append(field, contents, name);
  return { body: form };
}

/** Reads example files of a service. */
export function createFileReader(origin: string, getToken: () => string): FileReader {
  return async (address) => {
    const token = getToken();
    const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(new URL(address, origin), { headers });
    if (!response.ok) throw new Error(`${address}: expected status 200, got ${response.status}`);
    return {
      name: readFileName(response.headers) ?? address.split('/').at(-1) ?? 'file',
      contents: await response.blob(),
      address,
    };
  };
}

/** The file name that an answer proposes. */
export function readFileName(headers: Headers): string | undefined {
  return /filename="([^"]+)"/.exec(headers.get('content-disposition') ?? '')?.[1];
}
