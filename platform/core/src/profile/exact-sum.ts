/** An integer of any size as plain JSON: a number while it is a safe one, else its decimal digits. */
export type ExactInteger = number | string;

/** Numbers beyond this are left out of sums: one mistake of a sender must not drown what else was added. */
export const SUMMED_UP_TO = 1e15;

/** A number in millionths, as doubles multiply, halves rounded away from zero. */
export function microsOf(value: number): number {
  const scaled = value * 1e6;
  const whole = Math.trunc(scaled);
  return Math.abs(scaled - whole) >= 0.5 ? whole + Math.sign(scaled) : whole;
}

/** The same sum in whatever order it is made: doubles where they are exact, big integers where not. */
export function addExact(sum: ExactInteger, more: ExactInteger): ExactInteger {
  if (typeof sum === 'number' && typeof more === 'number') {
    const total = sum + more;
    if (Number.isSafeInteger(total) && Number.isSafeInteger(sum) && Number.isSafeInteger(more)) return total;
  }
  const total = BigInt(sum) + BigInt(more);
  const number = Number(total);
  return Number.isSafeInteger(number) ? number : total.toString();
}

/** Sign of `sum - factor × times`, exactly. */
export function compareExact(sum: ExactInteger, factor: number, times: number): number {
  const product = factor * times;
  if (typeof sum === 'number' && Number.isSafeInteger(product) && Number.isSafeInteger(factor)) return sum - product;
  const difference = BigInt(sum) - BigInt(factor) * BigInt(times);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
