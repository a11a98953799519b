/** A request as a command or a program. The token is a variable of the environment. */
import type { ApiRequest } from '../api-request.ts';
import { writeClientCall } from './client.ts';
import { writeCurl } from './curl.ts';
import { writeFetch } from './fetch.ts';
import type { SnippetOptions } from './options.ts';
import { writePython } from './python.ts';

/** One for each language. TypeScript uses the client of edge-mlp if it has the operation. */
export const SNIPPETS: Readonly<Record<string, (request: ApiRequest, options: SnippetOptions) => string>> = {
  curl: writeCurl,
  TypeScript: (request, options) => writeClientCall(request, options) ?? writeFetch(request, options),
  Python: writePython,
};
