/** The OpenAPI document of the running service, checked by a linter. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';
import { ROOT } from '../support/package.ts';
import { startService } from '../support/service.ts';

it('the linter finds nothing, with its strict rules', async () => {
  const service = await startService();
  try {
    const file = join(temporaryFolder(), 'openapi.json');
    writeFileSync(file, await (await fetch(`${service.url}/openapi.json`)).text());
    const linter = join(ROOT, 'node_modules/.bin/redocly');
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    // Exits with 1, and prints the problems, if there are any.
    const options = ['lint', file, '--extends', 'recommended-strict', '--format', 'json'];
    const { totals } = JSON.parse(execFileSync(linter, options, { cwd: ROOT, env, encoding: 'utf8' }));
    expect(totals).toEqual({ errors: 0, warnings: 0, ignored: 0 });
  } finally {
    await service.stop();
  }
});
