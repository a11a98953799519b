/** The list of all jobs, in one object. */
import { DurableObject } from 'cloudflare:workers';

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

  /** Ids, newest job first. */
  async list(most: number): Promise<string[]> {
    return this.ctx.storage.sql
      .exec<{ id: string }>('SELECT id FROM jobs ORDER BY created DESC, id LIMIT ?', most)
      .toArray()
      .map(({ id }) => id);
  }
}
