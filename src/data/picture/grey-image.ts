/** Grey images, and the stages of their conversion. */

/** An image of grey levels 0–255, over white paper. */
export interface GreyImage {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** `[height][width]` */
  readonly pixels: Uint8Array;
  /** `[height][width]`: opacity 0–255. Default: opaque. */
  readonly alpha?: Uint8Array;
}

/** Inputs of a model, and the images on the way to them. */
export interface PictureReading {
  /** `[rows × columns]` */
  readonly inputs: Uint8Array;
  /** In order, from the grey levels of the image to the inputs. */
  readonly stages: readonly PictureStage[];
}

/** An image with a short name, such as "Background removed". */
export interface PictureStage {
  /** Caption. */
  readonly name: string;
  /** The picture after this stage. */
  readonly image: GreyImage;
}

/** Luma by Rec. 601, as in the PNG specification. */
export function luma(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/**
 * The grey levels of colours, by luma of Rec. 601. `rgba`: `[height][width][4]`, as in an ImageData of a canvas.
 */
export function greyFromRgba(rgba: Uint8Array | Uint8ClampedArray, width: number, height: number): GreyImage {
  const pixels = new Uint8Array(width * height);
  const alpha = new Uint8Array(width * height);
  let opaque = true;
  for (let i = 0, at = 0; i < pixels.length; i++, at += 4) {
    const opacity = rgba[at + 3] ?? 0;
    const grey = luma(rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0);
    pixels[i] = Math.round((grey * opacity) / 255 + 255 - opacity);
    alpha[i] = opacity;
    opaque &&= opacity === 255;
  }
  return opaque ? { width, height, pixels } : { width, height, pixels, alpha };
}
