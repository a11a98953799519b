/** zod, as Workers and people want it. */
import { z } from '@hono/zod-openapi';

z.config({
  // zod would compile checks with Function(), which Workers refuse.
  jitless: true,
  // Like every message of ours: what was expected, and what came.
  customError: (issue) => {
    const got = `got ${shown(issue.input)}`;
    if (issue.code === 'too_big') return `expected ${describeSize(issue.origin)}at most ${issue.maximum}, ${got}`;
    if (issue.code === 'too_small') {
      return `expected ${describeSize(issue.origin)}${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}, ${got}`;
    }
    if (issue.code === 'invalid_type') return `expected ${issue.expected}, ${got}`;
    if (issue.code === 'invalid_value') return `expected ${issue.values.map(String).join(', ')}, ${got}`;
    return undefined;
  },
});

function describeSize(origin: string): string {
  return origin === 'array' || origin === 'string' ? 'a length of ' : '';
}

/** As JSON, and no more of it than can be read. */
function shown(input: unknown): string {
  const text = input === undefined ? 'nothing' : JSON.stringify(input);
  return text.length <= 60 ? text : `${text.slice(0, 60)} …`;
}

export { z };
