/** The Worker with a bare route beside its own, for bench/http.ts. */
import { createApp } from '../worker/app.ts';

const app = createApp();
app.on(['GET', 'POST'], '/hello', (c) => c.json({ hello: 'world' }));

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
