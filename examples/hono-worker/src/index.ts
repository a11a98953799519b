/** Somebody's Hono app, in which two routes think: one reads digits, one learns what its visitors like. */
import { type Dataset, EdgeMlpError, learn, loadKernels, Mlp } from 'edge-mlp';
import { createMlp, parseModel } from 'edge-mlp/format';
import digitModel from 'edge-mlp/models/mnist.safetensors';
import { Hono } from 'hono';

const app = new Hono();

/** Made by the first request that needs them, and kept as long as the isolate lives. */
let networks: ReturnType<typeof load> | undefined;
const thinking = () => {
  networks ??= load();
  return networks;
};

async function load() {
  const kernels = await loadKernels();
  const digits = createMlp(kernels, parseModel(new Uint8Array(digitModel), 'the digit model'));
  const likes = Mlp.create(kernels, { layers: [3, 8, 2], hiddenActivation: 'tanh', seed: 1 });
  return { digits, likes };
}

app.get('/', (c) => c.text('An app that has much to do, and a network beside it.\n'));

/** 784 bytes: a picture of 28 × 28, white on black. */
app.post('/digit', async (c) => {
  const { digits } = await thinking();
  const { label, probabilities } = digits.predict(new Uint8Array(await c.req.arrayBuffer()));
  return c.json({ digit: label, confidence: probabilities[label] });
});

/** How likely visitors are to like a thing of these three qualities. */
app.get('/likes/:a/:b/:c', async (c) => {
  const { likes } = await thinking();
  return c.json({ likes: likes.predict(qualities(c.req.param())).probabilities[1] });
});

/** What visitors have said so far. To outlive the isolate it would lie in a Durable Object. */
const said: { inputs: number[]; labels: number[] } = { inputs: [], labels: [] };

/** `true` or `false`: a visitor says it, and the network has learnt it when the answer is there. */
app.put('/likes/:a/:b/:c', async (c) => {
  const { likes } = await thinking();
  const answer = await c.req.text();
  if (answer !== 'true' && answer !== 'false') return c.json({ error: 'expected true or false as the body' }, 400);
  const inputs = qualities(c.req.param());
  // Refuses what is no number before it is kept: one such would spoil all that is learnt after it.
  likes.predict(inputs);
  said.inputs.push(...inputs);
  said.labels.push(answer === 'true' ? 1 : 0);
  learn(likes, corrections(), undefined, { steps: 10 });
  return c.json({ learned: said.labels.length });
});

function corrections(): Dataset {
  const [inputs, labels] = [Float32Array.from(said.inputs), Uint16Array.from(said.labels)];
  return { name: 'visitors', inputs, labels, columns: 3, classes: ['no', 'yes'], scaling: { kind: 'identity' } };
}

function qualities({ a, b, c }: { a: string; b: string; c: string }): Float32Array {
  return Float32Array.of(Number(a), Number(b), Number(c));
}

app.onError((error, c) => {
  // What the library refuses is the visitor's: the message says what was expected, and what came.
  if (error instanceof EdgeMlpError) return c.json({ error: error.message }, 400);
  throw error;
});

export default app;
