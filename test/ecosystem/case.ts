import type { Project } from './project.ts';

/** A tool in which the package must load. */
export interface Case {
  /** Argument of the script. */
  readonly name: string;
  /** Text of the table. */
  readonly where: string;
  /** npm packages with exact versions. The first is the tool of the table. */
  readonly packages: readonly string[];
  /** Default: edge-mlp. */
  readonly entry?: 'edge-mlp/inline';
  /** Configuration that the case needs. Default: none. */
  readonly configuration?: string;
  /** Runs the app in one or several ways. Returns each result. */
  run(project: Project): Promise<unknown[]>;
}
