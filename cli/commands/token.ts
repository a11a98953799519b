import { type Command, InvalidArgumentError } from 'commander';
import { isScope, SCOPES, type Scope } from '../../src/api/scopes.ts';
import { listReader } from '../options.ts';
import { print, printJson } from '../terminal.ts';
import { createToken } from '../tokens.ts';

const EXAMPLES = `
The token is printed once and stored nowhere: the service keeps its SHA-256. TOKENS may hold several lines. To revoke a token,
remove its line.

Examples:
  $ edge-mlp token --name laptop
  $ edge-mlp token --name ci --scopes train,predict --json`;

interface TokenOptions {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly json?: boolean;
}

export function addTokenCommand(program: Command): void {
  program
    .command('token')
    .description("create a bearer token for a service, and the line for the service's secret TOKENS")
    .option('--name <name>', 'name of the token: letters, digits, dots, hyphens', tokenName, 'admin')
    .option('--scopes <list>', `permissions, comma-separated: ${SCOPES.join(', ')} (includes all)`, listReader(scope), [
      'admin',
    ])
    .option('--json', 'print token and line as one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action(({ name, scopes, json }: TokenOptions) => {
      const { token, line } = createToken(name, scopes);
      if (json) return printJson({ name, scopes, token, line });
      print('Token, for the header Authorization: Bearer …', `  ${token}`, '');
      print('Line for the secret TOKENS', `  ${line}`, '');
      print(
        'Store the line with `npx wrangler secret put TOKENS`. `npm run dev` needs none: it creates a token in .dev.vars.',
      );
    });
}

function tokenName(text: string): string {
  if (/^[\w.-]+$/.test(text)) return text;
  throw new InvalidArgumentError(`expected letters, digits, dots and hyphens, got ${text || 'nothing'}.`);
}

function scope(text: string): Scope {
  if (isScope(text)) return text;
  throw new InvalidArgumentError(`expected ${SCOPES.join(', ')}, got ${text || 'nothing'}.`);
}
