import { loadKernels, Mlp, train } from './node_modules/edge-mlp/dist/inline.js';

const COLOURS = [
  [47, 111, 222],
  [217, 115, 13],
  [42, 145, 82],
];
const CLASSES = ['blue', 'orange', 'green'];
/** The plane shows GRID × GRID predictions. */
const GRID = 60;
const STEPS_PER_FRAME = 400;

const canvas = document.querySelector('#plane');
const status = document.querySelector('#state');
const pen = canvas.getContext('2d');

const kernels = await loadKernels();
let mlp = createNetwork();
let points = [];
let steps = 0;

function createNetwork() {
  return Mlp.create(kernels, { layers: [2, 16, 3], hiddenActivation: 'tanh', seed: 1 });
}

/** Centres of the grid's cells; both coordinates range from -1 to 1. */
const cells = Float32Array.from({ length: 2 * GRID * GRID }, (_, i) => {
  const cell = i >> 1;
  const index = i % 2 === 0 ? cell % GRID : Math.floor(cell / GRID);
  return (2 * (index + 0.5)) / GRID - 1;
});

function createDataset() {
  return {
    name: 'points',
    inputs: Float32Array.from(points.flatMap(({ x, y }) => [x, y])),
    labels: Uint16Array.from(points, ({ label }) => label),
    columns: 2,
    classes: CLASSES,
    scaling: { kind: 'identity' },
  };
}

/** Runs some steps of SGD. The weights stay in WebAssembly memory between frames. */
function trainSteps() {
  const epochs = Math.ceil(STEPS_PER_FRAME / points.length);
  let loss = 0;
  for (const progress of train(mlp, createDataset(), { epochs, learningRate: 0.05, seed: steps % 1000 })) {
    if (progress.kind === 'epoch') loss = progress.metrics.trainLoss;
  }
  steps += epochs * points.length;
  status.textContent = `${points.length} points, ${steps.toLocaleString('en')} steps, loss ${loss.toFixed(4)}`;
}

function draw() {
  const { probabilities } = mlp.predictBatch(cells);
  const side = canvas.width / GRID;
  for (let cell = 0; cell < GRID * GRID; cell++) {
    const shares = probabilities.subarray(3 * cell, 3 * cell + 3);
    // The colours mixed by their probabilities, at half opacity on white.
    const mixed = [0, 1, 2].map((part) => shares.reduce((sum, p, label) => sum + p * COLOURS[label][part], 0));
    pen.fillStyle = `rgb(${mixed.map((value) => 255 - 0.5 * (255 - value)).join()})`;
    pen.fillRect((cell % GRID) * side, Math.floor(cell / GRID) * side, side, side);
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
  if (points.length > 0) trainSteps();
  draw();
  requestAnimationFrame(frame);
}

function restart(newPoints) {
  points = newPoints;
  steps = 0;
  mlp.dispose();
  mlp = createNetwork();
  status.textContent = 'No points yet. Click in the plane.';
}

canvas.addEventListener('click', (event) => {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const label = Number(document.querySelector('input[name=colour]:checked').value);
  points.push({ x: (2 * (event.clientX - left)) / width - 1, y: (2 * (event.clientY - top)) / height - 1, label });
});

document.querySelector('#clear').addEventListener('click', () => restart([]));
document.querySelector('#example').addEventListener('click', () => {
  const arm = (label) =>
    Array.from({ length: 40 }, (_, i) => {
      const [angle, radius] = [0.14 * i + Math.PI * label, 0.12 + 0.02 * i];
      return { x: radius * Math.cos(angle), y: radius * Math.sin(angle), label };
    });
  restart([...arm(0), ...arm(1)]);
});

restart([]);
frame();
