/**
 * `npm run audit`: asks the registry for known vulnerabilities of all packages in the lock files. Fails if it knows one
 * that is moderate or worse; a registry without this service is reported and is not a failure.
 */
import { spawnSync } from 'node:child_process';
import { LOCK_FILES } from './lock-files.ts';

interface Report {
  /** The reason of a registry that does not answer. */
  readonly message?: string;
  readonly metadata?: { readonly vulnerabilities: Readonly<Record<string, number>> };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string }>>;
}

const LEVEL = 'moderate';

/** Prints the result for a folder with a lock file. Returns whether it has no serious vulnerability. */
function audit(folder: string): boolean {
  const args = ['audit', '--json', '--package-lock-only', `--audit-level=${LEVEL}`];
  const { stdout, status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  const { metadata, vulnerabilities = {}, message = stderr.trim() }: Report = JSON.parse(stdout || '{}');
  if (metadata === undefined) {
    console.log(`${folder}: skipped, because the registry does not answer: ${message}`);
    return true;
  }
  const { total = 0 } = metadata.vulnerabilities;
  console.log(`${folder}: ${total === 1 ? '1 vulnerable package' : `${total} vulnerable packages`}`);
  for (const [name, { severity }] of Object.entries(vulnerabilities)) console.log(`  ${name}: ${severity}`);
  return status === 0;
}

if (LOCK_FILES.map(audit).includes(false)) process.exitCode = 1;
