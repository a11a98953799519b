/** Copies the decoders of JPEG and WebP next to the kernels, under names that do not depend on their packages. */
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);
cpSync(resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'), 'build/jpeg.wasm');
cpSync(resolve('@jsquash/webp/codec/dec/webp_dec.wasm'), 'build/webp.wasm');
