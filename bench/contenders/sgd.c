/* The same algorithm in plain C, zero pixels skipped: what a compiler makes of it on this machine. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { INPUTS = 784, HIDDEN = 300, CLASSES = 10, PREDICT_DIGITS = 1000 };

static float w1[INPUTS][HIDDEN], b1[HIDDEN], w2[HIDDEN][CLASSES], b2[CLASSES];
static float hidden[HIDDEN], probabilities[CLASSES];
static int indices[INPUTS], count;
static float values[INPUTS];

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

static void *read_file(const char *folder, const char *name, void *target, size_t bytes) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (target == NULL) target = malloc(bytes);
  if (file == NULL || target == NULL || fread(target, 1, bytes, file) != bytes) {
    fprintf(stderr, "cannot read %s\n", path);
    exit(1);
  }
  fclose(file);
  return target;
}

/* Leaves hidden activations and probabilities; returns the log of softmax's normaliser less the label's logit. */
static float forward(const uint8_t *pixels, int label) {
  count = 0;
  for (int i = 0; i < INPUTS; i++) {
    if (pixels[i]) {
      indices[count] = i;
      values[count++] = pixels[i] / 255.0f;
    }
  }
  for (int j = 0; j < HIDDEN; j++) hidden[j] = b1[j];
  for (int k = 0; k < count; k++) {
    const float x = values[k], *row = w1[indices[k]];
    for (int j = 0; j < HIDDEN; j++) hidden[j] += x * row[j];
  }
  for (int j = 0; j < HIDDEN; j++) hidden[j] = 1.0f / (1.0f + expf(-hidden[j]));
  float logits[CLASSES], greatest = -INFINITY, sum = 0;
  for (int o = 0; o < CLASSES; o++) logits[o] = b2[o];
  for (int j = 0; j < HIDDEN; j++) {
    for (int o = 0; o < CLASSES; o++) logits[o] += hidden[j] * w2[j][o];
  }
  for (int o = 0; o < CLASSES; o++) greatest = fmaxf(greatest, logits[o]);
  for (int o = 0; o < CLASSES; o++) sum += probabilities[o] = expf(logits[o] - greatest);
  for (int o = 0; o < CLASSES; o++) probabilities[o] /= sum;
  return logf(sum) + greatest - logits[label];
}

static void backward(int label, float rate) {
  float delta[HIDDEN];
  probabilities[label] -= 1;
  for (int j = 0; j < HIDDEN; j++) {
    float sum = 0;
    for (int o = 0; o < CLASSES; o++) {
      sum += probabilities[o] * w2[j][o];
      w2[j][o] -= rate * hidden[j] * probabilities[o];
    }
    delta[j] = rate * sum * hidden[j] * (1 - hidden[j]);
  }
  for (int o = 0; o < CLASSES; o++) b2[o] -= rate * probabilities[o];
  for (int j = 0; j < HIDDEN; j++) b1[j] -= delta[j];
  for (int k = 0; k < count; k++) {
    const float x = values[k];
    float *row = w1[indices[k]];
    for (int j = 0; j < HIDDEN; j++) row[j] -= x * delta[j];
  }
}

/* sgd FOLDER SAMPLES RATE PREDICTIONS CHECKPOINT… */
int main(int argc, char **argv) {
  if (argc < 5) return 2;
  const char *folder = argv[1];
  const int samples = atoi(argv[2]), predictions = atoi(argv[4]);
  const float rate = atof(argv[3]);
  const uint8_t *images = read_file(folder, "orderedImages", NULL, (size_t)samples * INPUTS);
  const uint8_t *labels = read_file(folder, "orderedLabels", NULL, samples);
  const uint8_t *test = read_file(folder, "testImages", NULL, PREDICT_DIGITS * INPUTS);
  read_file(folder, "w1", w1, sizeof w1);
  read_file(folder, "w2", w2, sizeof w2);

  printf("{\"probabilities\": [");
  for (int n = 0; n < predictions; n++) {
    forward(test + n * INPUTS, 0);
    for (int o = 0; o < CLASSES; o++) printf("%s%.9g", n + o ? ", " : "", probabilities[o]);
  }
  double started = seconds();
  float sink = 0;
  for (int round = 0; round < 20; round++) {
    for (int n = 0; n < PREDICT_DIGITS; n++) sink += forward(test + n * INPUTS, 0);
  }
  printf("], \"predictMicroseconds\": %g", (seconds() - started) * 1e6 / 20 / PREDICT_DIGITS + 0 * sink);

  double loss = 0;
  int next = 5;
  printf(", \"meanLosses\": {");
  started = seconds();
  for (int n = 0; n < samples; n++) {
    loss += forward(images + (size_t)n * INPUTS, labels[n]);
    backward(labels[n], rate);
    if (next < argc && n + 1 == atoi(argv[next])) printf("%s\"%d\": %.9g", next++ > 5 ? ", " : "", n + 1, loss / (n + 1));
  }
  printf("}, \"epochSeconds\": %g, \"samples\": %d}\n", (seconds() - started) * 60000 / samples, samples);
  return 0;
}
