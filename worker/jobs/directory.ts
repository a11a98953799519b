/** Which jobs there are: one object that all of them are entered in. */
import { DurableObject } from 'cloudflare:workers';

export interface DirectoryEntry {
  readonly id: string;
  readonly created: string;
}

export class JobDirectory extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, created TEXT NOT NULL)');
  }

  async add(id: string, created: string): Promise<void> {
    this.ctx.storage.sql.exec('INSERT OR IGNORE INTO jobs (id, created) VALUES (?, ?)', id, created);
  }

  async remove(id: string): Promise<void> {
    this.ctx.storage.sql.exec('DELETE FROM jobs WHERE id = ?', id);
  }

  /** The latest first. */
  async list(most: number): Promise<DirectoryEntry[]> {
    return this.ctx.storage.sql
      .exec<{ id: string; created: string }>('SELECT id, created FROM jobs ORDER BY created DESC, id LIMIT ?', most)
      .toArray();
  }
}
