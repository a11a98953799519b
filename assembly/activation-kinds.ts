/**
 * The activations of hidden layers whose slope follows from their value: classes without fields, vector by vector.
 * `forward(x)` is y, and `backward(dy, y)` is the gradient with respect to x. NaN stays NaN.
 */
import { exp4, expm1x4, log1px4 } from './exp';

/* Read from memory, like the constants of exp4. */
const ONE: usize = memory.data<f32>([1]);
const SIGN: usize = memory.data<u32>([0x80000000]);

/**
 * The logistic function y = 1 / (1 + e^-x). With e = e^-|x|, y is 1 / (1 + e) for x >= 0 and e / (1 + e) for x < 0: no
 * overflow, and an error of at most 3 ulp on both sides.
 */
@unmanaged
export class Sigmoid {
  @inline
  forward(x: v128): v128 {
    const one = v128.load32_splat(ONE);
    // -|x| has the sign bit set; an arithmetic shift makes it a mask of the lane.
    const e = exp4(v128.or(x, v128.load32_splat(SIGN)));
    const numerator = v128.bitselect(e, one, i32x4.shr_s(x, 31));
    return f32x4.div(numerator, f32x4.add(one, e));
  }

  /** dx = dy · y (1 - y) */
  backward(dy: v128, y: v128): v128 {
    return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(f32x4.splat(1), y)));
  }
}

/* (tanh x - x) / x³ for |x| < 0.625, a polynomial in x². Cephes Mathematical Library 2.2, single/tanhf.c. */
const SMALL: f32 = 0.625;
const TANH_4: f32 = -5.70498872745e-3;
const TANH_3: f32 = 2.06390887954e-2;
const TANH_2: f32 = -5.37397155531e-2;
const TANH_1: f32 = 1.33314422036e-1;
const TANH_0: f32 = -3.33332819422e-1;

/**
 * The hyperbolic tangent, error at most 3 ulp: the polynomial near zero, (1 - e) / (1 + e) with e = e^-2|x| elsewhere.
 */
@unmanaged
export class Tanh {
  @inline
  forward(x: v128): v128 {
    const size = f32x4.abs(x);
    const square = f32x4.mul(x, x);
    let p = f32x4.add(f32x4.mul(f32x4.splat(TANH_4), square), f32x4.splat(TANH_3));
    p = f32x4.add(f32x4.mul(p, square), f32x4.splat(TANH_2));
    p = f32x4.add(f32x4.mul(p, square), f32x4.splat(TANH_1));
    p = f32x4.add(f32x4.mul(p, square), f32x4.splat(TANH_0));
    const small = f32x4.add(f32x4.mul(f32x4.mul(p, square), x), x);

    const one = f32x4.splat(1);
    const e = exp4(f32x4.mul(f32x4.splat(-2), size));
    const ratio = f32x4.div(f32x4.sub(one, e), f32x4.add(one, e));
    const large = v128.bitselect(x, ratio, i32x4.splat(i32.MIN_VALUE));
    return v128.bitselect(small, large, f32x4.lt(size, f32x4.splat(SMALL)));
  }

  /** dx = dy · (1 - y²) */
  backward(dy: v128, y: v128): v128 {
    return f32x4.mul(dy, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y)));
  }
}

/** The rectifier y = max(x, 0) (Nair and Hinton, 2010). */
@unmanaged
export class Relu {
  @inline
  forward(x: v128): v128 {
    return f32x4.max(x, f32x4.splat(0));
  }

  /** dx = dy where y > 0, else 0; 0 at the kink, as in PyTorch. */
  backward(dy: v128, y: v128): v128 {
    return v128.and(dy, f32x4.gt(y, f32x4.splat(0)));
  }
}

/** y = x for x > 0, 0.01 x elsewhere (Maas, Hannun and Ng, 2013). */
@unmanaged
export class LeakyRelu {
  @inline
  forward(x: v128): v128 {
    return f32x4.max(x, f32x4.mul(x, f32x4.splat(LEAK)));
  }

  /** dx = dy where y > 0, else 0.01 dy; 0.01 dy at the kink, as in PyTorch. */
  backward(dy: v128, y: v128): v128 {
    return v128.bitselect(dy, f32x4.mul(dy, f32x4.splat(LEAK)), f32x4.gt(y, f32x4.splat(0)));
  }
}

const LEAK: f32 = 0.01;

/** y = x for x > 0, e^x - 1 elsewhere (Clevert, Unterthiner and Hochreiter, 2016, alpha = 1). Error at most 2 ulp. */
@unmanaged
export class Elu {
  @inline
  forward(x: v128): v128 {
    const zero = f32x4.splat(0);
    return v128.bitselect(x, expm1x4(f32x4.min(x, zero)), f32x4.gt(x, zero));
  }

  /** dx = dy where y > 0, else dy (y + 1) */
  backward(dy: v128, y: v128): v128 {
    return f32x4.add(dy, f32x4.mul(dy, f32x4.min(y, f32x4.splat(0))));
  }
}

/**
 * y = log(1 + e^x) = max(x, 0) + log(1 + e^-|x|) (Glorot, Bordes and Bengio, 2011), error at most 2 ulp. PyTorch returns
 * x above 20: there, both are the same float32.
 */
@unmanaged
export class Softplus {
  @inline
  forward(x: v128): v128 {
    const e = exp4(v128.or(x, v128.load32_splat(SIGN)));
    return f32x4.add(f32x4.max(x, f32x4.splat(0)), log1px4(e));
  }

  /** dx = dy (1 - e^-y) */
  backward(dy: v128, y: v128): v128 {
    return f32x4.neg(f32x4.mul(dy, expm1x4(f32x4.neg(y))));
  }
}
