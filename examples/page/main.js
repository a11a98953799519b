import { loadKernels, Mlp, train } from './node_modules/edge-mlp/dist/src/runtime/standalone.js';

const COLOURS = [
  [47, 111, 222],
  [217, 115, 13],
  [42, 145, 82],
];
const CLASSES = ['blue', 'orange', 'green'];
/** Places a side whose class is asked: each is a square of the plane. */
const PLACES = 60;
const STEPS_A_FRAME = 400;

const canvas = document.querySelector('#plane');
const state = document.querySelector('#state');
const pen = canvas.getContext('2d');

const kernels = await loadKernels();
let mlp = fresh();
let points = [];
let steps = 0;

function fresh() {
  return Mlp.create(kernels, { layers: [2, 16, 3], hiddenActivation: 'tanh', seed: 1 });
}

/** The plane is from -1 to 1 both ways: what a network of small weights takes well. */
const places = Float32Array.from({ length: 2 * PLACES * PLACES }, (_, i) => {
  const place = i >> 1;
  const at = i % 2 === 0 ? place % PLACES : Math.floor(place / PLACES);
  return (2 * (at + 0.5)) / PLACES - 1;
});

function dataset() {
  return {
    name: 'points',
    inputs: Float32Array.from(points.flatMap(({ x, y }) => [x, y])),
    labels: Uint16Array.from(points, ({ label }) => label),
    columns: 2,
    classes: CLASSES,
    scaling: { kind: 'identity' },
  };
}

/** Some steps of SGD; the weights stay in WebAssembly's memory from one frame to the next. */
function learnALittle() {
  const epochs = Math.ceil(STEPS_A_FRAME / points.length);
  let loss = 0;
  for (const progress of train(mlp, dataset(), { epochs, learningRate: 0.05, seed: steps % 1000 })) {
    if (progress.kind === 'epoch') loss = progress.metrics.trainLoss;
  }
  steps += epochs * points.length;
  state.textContent = `${points.length} points, ${steps.toLocaleString('en')} steps, loss ${loss.toFixed(4)}`;
}

function draw() {
  const { probabilities } = mlp.predictBatch(places);
  const side = canvas.width / PLACES;
  for (let place = 0; place < PLACES * PLACES; place++) {
    const shares = probabilities.subarray(3 * place, 3 * place + 3);
    // A mixture of the colours by their probabilities, on white.
    const mixed = [0, 1, 2].map((part) => shares.reduce((sum, p, label) => sum + p * COLOURS[label][part], 0));
    pen.fillStyle = `rgb(${mixed.map((value) => 255 - 0.5 * (255 - value)).join()})`;
    pen.fillRect((place % PLACES) * side, Math.floor(place / PLACES) * side, side, side);
  }
  for (const { x, y, label } of points) {
    pen.beginPath();
    pen.arc(((x + 1) / 2) * canvas.width, ((y + 1) / 2) * canvas.height, 6, 0, 2 * Math.PI);
    pen.fillStyle = `rgb(${COLOURS[label]})`;
    pen.fill();
    pen.strokeStyle = 'white';
    pen.lineWidth = 2;
    pen.stroke();
  }
}

function frame() {
  if (points.length > 0) learnALittle();
  draw();
  requestAnimationFrame(frame);
}

function startOver(next) {
  points = next;
  steps = 0;
  mlp.dispose();
  mlp = fresh();
  state.textContent = 'No points yet: click into the plane.';
}

canvas.addEventListener('click', (event) => {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const label = Number(document.querySelector('input[name=colour]:checked').value);
  points.push({ x: (2 * (event.clientX - left)) / width - 1, y: (2 * (event.clientY - top)) / height - 1, label });
});

document.querySelector('#clear').addEventListener('click', () => startOver([]));
document.querySelector('#example').addEventListener('click', () => {
  const arm = (label) =>
    Array.from({ length: 40 }, (_, i) => {
      const [angle, radius] = [0.14 * i + Math.PI * label, 0.12 + 0.02 * i];
      return { x: radius * Math.cos(angle), y: radius * Math.sin(angle), label };
    });
  startOver([...arm(0), ...arm(1)]);
});

startOver([]);
frame();
