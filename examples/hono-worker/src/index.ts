/** A Hono app with two models: one classifies digits, one learns what the app's visitors like. */
import { type Dataset, EdgeMlpError, learn, loadKernels, Mlp } from 'edge-mlp';
import { createMlp, parseModel } from 'edge-mlp/format';
import digitModel from 'edge-mlp/models/mnist.bin';
import { Hono } from 'hono';

const app = new Hono();

/** Created by the first request that needs the networks and kept for the lifetime of the isolate. */
let networks: ReturnType<typeof createNetworks> | undefined;
function getNetworks() {
  networks ??= createNetworks();
  return networks;
}

async function createNetworks() {
  const kernels = await loadKernels();
  const digits = createMlp(kernels, parseModel(new Uint8Array(digitModel), 'the digit model'));
  const likes = Mlp.create(kernels, { layers: [3, 8, 2], hiddenActivation: 'tanh', seed: 1 });
  return { digits, likes };
}

app.get('/', (c) => c.text('Try POST /digit and PUT /likes/1/0/0.\n'));

/** Body: 784 bytes, a 28×28 image, white on black. */
app.post('/digit', async (c) => {
  const { digits } = await getNetworks();
  const { label, probabilities } = digits.predict(new Uint8Array(await c.req.arrayBuffer()));
  return c.json({ digit: label, confidence: probabilities[label] });
});

/** The probability that visitors like an item with these three features. */
app.get('/likes/:a/:b/:c', async (c) => {
  const { likes } = await getNetworks();
  return c.json({ likes: likes.predict(parseFeatures(c.req.param())).probabilities[1] });
});

/** The answers so far. Store them in a Durable Object to keep them longer than the isolate. */
const answers: { inputs: number[]; labels: number[] } = { inputs: [], labels: [] };

/** Body: `true` or `false`. The network learns the answer before the response is sent. */
app.put('/likes/:a/:b/:c', async (c) => {
  const { likes } = await getNetworks();
  const answer = await c.req.text();
  if (answer !== 'true' && answer !== 'false') return c.json({ error: 'expected true or false as the body' }, 400);
  const inputs = parseFeatures(c.req.param());
  // Throws for features that are not numbers, before they are stored and trained on.
  likes.predict(inputs);
  answers.inputs.push(...inputs);
  answers.labels.push(answer === 'true' ? 1 : 0);
  learn(likes, createDataset(), undefined, { steps: 10 });
  return c.json({ learned: answers.labels.length });
});

function createDataset(): Dataset {
  const [inputs, labels] = [Float32Array.from(answers.inputs), Uint16Array.from(answers.labels)];
  return { name: 'visitors', inputs, labels, columns: 3, classes: ['no', 'yes'], scaling: { kind: 'identity' } };
}

function parseFeatures({ a, b, c }: { a: string; b: string; c: string }): Float32Array {
  return Float32Array.of(Number(a), Number(b), Number(c));
}

app.onError((error, c) => {
  // The library rejects invalid input with a message for the client.
  if (error instanceof EdgeMlpError) return c.json({ error: error.message }, 400);
  throw error;
});

export default app;
