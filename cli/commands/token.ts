import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { sha256 } from '../hash.ts';
import { listReader } from '../options.ts';
import { print, printJson } from '../terminal.ts';

const EXAMPLES = `
The token itself is shown once and stored nowhere; the service keeps its SHA-256. TOKENS may hold several lines: a token is
withdrawn by taking its line away.

Examples:
  $ edge-mlp token --name laptop
  $ edge-mlp token --name ci --scopes train,predict --json`;

/** Of the service: worker/access.ts. */
const SCOPES = ['predict', 'train', 'admin'];
const TOKEN_BYTES = 32;

interface TokenOptions {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly json?: boolean;
}

export function addTokenCommand(program: Command): void {
  program
    .command('token')
    .description('make a bearer token for the service, and the line that its secret TOKENS needs')
    .option('--name <name>', 'who it is for: letters, digits, dots, hyphens', tokenName, 'admin')
    .option('--scopes <list>', `what it may do: ${SCOPES.join(', ')}; admin may do all`, listReader(scope), ['admin'])
    .option('--json', 'print token and line as one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(({ name, scopes, json }: TokenOptions) => {
      const token = `emlp_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
      const line = `${name}:${scopes.join('+')}:${sha256(new TextEncoder().encode(token))}`;
      if (json) return printJson({ name, scopes, token, line });
      print(`token, to be sent as Authorization: Bearer …\n  ${token}\n`);
      print(`line for the secret TOKENS\n  ${line}\n`);
      print('Put it there with `npx wrangler secret put TOKENS`; for `npm run dev` write TOKENS="…" into .dev.vars.');
    });
}

function tokenName(text: string): string {
  if (/^[\w.-]+$/.test(text)) return text;
  throw new InvalidArgumentError(`expected letters, digits, dots and hyphens, got ${text || 'nothing'}.`);
}

function scope(text: string): string {
  if (SCOPES.includes(text)) return text;
  throw new InvalidArgumentError(`expected ${SCOPES.join(', ')}, got ${text || 'nothing'}.`);
}
