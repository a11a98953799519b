/** Options and texts that the snippets of all languages share. */
import type { ApiRequest } from '../api-request.ts';

/** Environment variable with the token. */
export const TOKEN = 'EDGE_MLP_TOKEN';

export interface SnippetOptions {
  /** Address of the service, without a slash at the end. */
  readonly origin: string;
  readonly hasToken: boolean;
}

/** Whether the answer is a file. */
export function downloadsFile({ operation }: ApiRequest): boolean {
  return Object.keys(operation.responses['200']?.content ?? {})[0] === 'application/octet-stream';
}

/** Whether the answer has no JSON: it is empty, or a stream of events. */
export function readsText({ operation }: ApiRequest): boolean {
  const successful = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
  return successful.every(([, { content = {} }]) => Object.keys(content).every((type) => type.startsWith('text/')));
}

/** Moves the lines after the first to the right. */
export function indent(text: string, spaces = '  '): string {
  return text.replaceAll('\n', `\n${spaces}`);
}
