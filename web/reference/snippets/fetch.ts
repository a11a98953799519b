/** A request with fetch, in TypeScript. */
import { type ApiRequest, formatAddress, listHeaders, type RequestBody } from '../api-request.ts';
import { quoteJs, readFiles } from './javascript.ts';
import { downloadsFile, indent, readsText, type SnippetOptions, TOKEN } from './options.ts';

export function writeFetch(request: ApiRequest, { origin, hasToken }: SnippetOptions): string {
  const { body, operation } = request;
  const headers = [
    ...(hasToken ? [`authorization: \`Bearer \${process.env.${TOKEN}}\``] : []),
    ...listHeaders(request).map(([name, value]) => `${quoteKey(name)}: ${quoteJs(value)}`),
  ];
  const options = [
    ...(operation.method === 'GET' ? [] : [`method: ${quoteJs(operation.method)}`]),
    ...(headers.length === 0 ? [] : [`headers: { ${headers.join(', ')} }`]),
    ...writeFetchBody(body),
  ];
  const address = quoteJs(origin + formatAddress(request));
  const call = options.length === 0 ? `fetch(${address})` : `fetch(${address}, {\n  ${options.join(',\n  ')},\n})`;
  return `${readFiles(body, origin)}const response = await ${call};
console.log(response.status, await response.${readsText(request) ? 'text' : downloadsFile(request) ? 'bytes' : 'json'}());
`;
}

function writeFetchBody(body: RequestBody): string[] {
  if (body.kind === 'text' && body.text !== '') {
    const value = body.type === 'application/json' ? `JSON.stringify(${indent(body.text)})` : quoteTemplate(body.text);
    return [`body: ${value}`];
  }
  if (body.kind === 'file') return ['body: file'];
  return body.kind === 'form' ? ['body: form'] : [];
}

function quoteKey(name: string): string {
  return /^[a-z]+$/.test(name) ? name : quoteJs(name);
}

function quoteTemplate(text: string): string {
  return `\`${text.replace(/[\\`]|\$\{/g, '\\$&')}\``;
}
