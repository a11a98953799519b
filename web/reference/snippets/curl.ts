/** A request as a command of curl. */
import { type ApiRequest, formatAddress, listHeaders, type RequestBody } from '../api-request.ts';
import { downloadsFile, type SnippetOptions, TOKEN } from './options.ts';

export function writeCurl(request: ApiRequest, { origin, hasToken }: SnippetOptions): string {
  const { body, operation } = request;
  const isJson = body.kind === 'text' && body.type === 'application/json';
  const headers = listHeaders(request).filter(([name]) => !(isJson && name === 'content-type'));
  const parts = [
    quoteShell(origin + formatAddress(request)),
    ...(operation.method === 'GET' ? [] : [`-X ${operation.method}`]),
    ...(hasToken ? [`-H "authorization: Bearer $${TOKEN}"`] : []),
    ...headers.map(([name, value]) => `-H ${quoteShell(`${name}: ${value}`)}`),
    ...writeCurlBody(body, isJson),
    ...(downloadsFile(request) ? ['-OJ'] : []),
  ];
  return listExampleFiles(body)
    .map(({ address, name }) => `curl -s ${quoteShell(origin + address)} -o ${quoteShell(name)}\n`)
    .concat(`curl ${parts.join(' \\\n  ')}\n`)
    .join('');
}

function writeCurlBody(body: RequestBody, isJson: boolean): string[] {
  if (body.kind === 'text')
    return body.text === '' ? [] : [`${isJson ? '--json' : '--data-binary'} ${quoteShell(body.text)}`];
  if (body.kind === 'file') return [`--data-binary @${quoteShell(body.file?.name ?? 'FILE')}`];
  if (body.kind === 'form') {
    return Object.entries(body.files).map(([field, file]) => `-F ${quoteShell(`${field}=@${file.name}`)}`);
  }
  return [];
}

function listExampleFiles(body: RequestBody): { address: string; name: string }[] {
  const files = body.kind === 'file' ? [body.file] : body.kind === 'form' ? Object.values(body.files) : [];
  return files.flatMap((file) => (file?.address === undefined ? [] : [{ address: file.address, name: file.name }]));
}

function quoteShell(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
