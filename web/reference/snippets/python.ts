/** A request with the package requests, in Python. */
import { type ApiRequest, formatAddress, listHeaders, type RequestBody, type RequestFile } from '../api-request.ts';
import { downloadsFile, indent, readsText, type SnippetOptions, TOKEN } from './options.ts';

export function writePython(request: ApiRequest, { origin, hasToken }: SnippetOptions): string {
  const { body, operation } = request;
  const headers = [
    ...(hasToken ? [`"authorization": f"Bearer {os.environ['${TOKEN}']}"`] : []),
    ...listHeaders(request)
      .filter(([name]) => !(body.kind === 'text' && body.type === 'application/json' && name === 'content-type'))
      .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`),
  ];
  const parts = [
    JSON.stringify(origin + formatAddress(request)),
    ...(headers.length === 0 ? [] : [`headers={${headers.join(', ')}}`]),
    ...writePythonBody(body, origin),
  ];
  const call = `requests.${operation.method.toLowerCase()}(\n    ${parts.join(',\n    ')},\n)`;
  const answer = readsText(request) ? 'text' : downloadsFile(request) ? 'content' : 'json()';
  return `${hasToken ? 'import os\n\n' : ''}import requests

response = ${call}
print(response.status_code, response.${answer})
`;
}

function writePythonBody(body: RequestBody, origin: string): string[] {
  const read = (file: RequestFile | undefined) =>
    file?.address === undefined
      ? `open(${JSON.stringify(file?.name ?? 'FILE')}, "rb")`
      : `requests.get(${JSON.stringify(origin + file.address)}).content`;
  if (body.kind === 'text' && body.text !== '') {
    if (body.type !== 'application/json') return [`data=${JSON.stringify(body.text)}`];
    return [`json=${indent(toPython(body.text), '    ')}`];
  }
  if (body.kind === 'file') return [`data=${read(body.file)}`];
  if (body.kind !== 'form') return [];
  const fields = Object.entries(body.files).map(([field, file]) => `${JSON.stringify(field)}: ${read(file)}`);
  return [`files={${fields.join(', ')}}`];
}

/** JSON as a Python expression: only three literals differ. */
function toPython(json: string): string {
  const names: Readonly<Record<string, string>> = { true: 'True', false: 'False', null: 'None' };
  return json.replace(/"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g, (token) => names[token] ?? token);
}
