/** Operations that others need, sent with their examples. */
import { token } from '../token.ts';
import { type AnswerListener, listLinks, readLink, type Step } from './api-document.ts';
import { createFileReader, exampleBody, exampleValues, sendRequest } from './api-request.ts';

/** Sends the steps in order. Returns a report. Throws when one fails, except for what already exists. */
export async function runSteps(steps: readonly Step[], onAnswer: AnswerListener): Promise<string> {
  const lines: string[] = [];
  let known: Record<string, string> = {};
  for (const [i, { operation, example }] of steps.entries()) {
    const values = { ...exampleValues(operation), ...known };
    const body = await exampleBody(operation, createFileReader(location.origin, token.get), { example });
    const response = await sendRequest({ operation, values, body }, location.origin, { token: token.get() });
    const text = await response.text();
    lines.push(`${operation.summary}: ${response.status} ${response.statusText}`.trim());
    if (!response.ok && response.status !== 409) throw new Error(`${lines.join(' · ')} ${text}`);
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    const answer = response.ok && isJson ? JSON.parse(text) : undefined;
    onAnswer(operation, values, answer);
    const next = listLinks(operation).find(({ operationId }) => operationId === steps[i + 1]?.operation.operationId);
    known = next === undefined ? {} : readLink(next, values, answer);
  }
  return lines.join(' · ');
}
